/// The text of one element while it is read: its pieces between comments, joined.
struct XMLText {
    /// The peers' limit on names, attributes and values, in bytes.
    static let limit = 20_480

    private(set) var bytes: [UInt8] = []
    /// The first byte that is no blank.
    private(set) var start: SourceLocation?
    /// The text went beyond the limit; what came after it is dropped.
    private(set) var isTooLong = false

    var isBlank: Bool { start == nil }

    mutating func append(_ byte: UInt8, at location: @autoclosure () -> SourceLocation) {
        if start == nil {
            if byte.isXMLBlank { return }
            start = location()
        }
        if bytes.count < Self.limit { bytes.append(byte) } else { isTooLong = true }
    }

    /// The text without surrounding blanks and with the five entities decoded.
    ///
    /// Bytes that are no UTF-8 become U+FFFD; ``ConfigNode/text(_:)`` refuses that where the value counts.
    var value: String {
        var trimmed = bytes[...]
        while let last = trimmed.last, last.isXMLBlank { trimmed.removeLast() }
        guard trimmed.contains(UInt8(ascii: "&")) else { return String(decoding: trimmed, as: UTF8.self) }
        var decoded: [UInt8] = []
        while let byte = trimmed.first {
            // An unknown entity stays as it is: the peers know none at all, so files hold bare ampersands.
            if byte == UInt8(ascii: "&"), let entity = Self.entities.first(where: { trimmed.starts(with: $0.name) }) {
                decoded.append(entity.byte)
                trimmed.removeFirst(entity.name.count)
            } else {
                decoded.append(byte)
                trimmed.removeFirst()
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static let entities: [(name: [UInt8], byte: UInt8)] = [
        (Array("&amp;".utf8), UInt8(ascii: "&")),
        (Array("&lt;".utf8), UInt8(ascii: "<")),
        (Array("&gt;".utf8), UInt8(ascii: ">")),
        (Array("&quot;".utf8), UInt8(ascii: "\"")),
        (Array("&apos;".utf8), UInt8(ascii: "'")),
    ]
}
