/// A JSON text, read in the plainest way that there is: what the fast readers are held against.
indirect enum ReferenceJSON: Equatable {
    /// - Parameter hasEscape: whether the text was written with an escape.
    case string([UInt8], hasEscape: Bool)
    /// A number or boolean, as it was written.
    case literal([UInt8])
    case null
    case array([ReferenceJSON])
    case object([Member])

    struct Member: Equatable {
        let key: [UInt8]
        let value: ReferenceJSON
    }

    static let maximumDepth = 1000

    /// Nil when the bytes are not exactly one JSON text (RFC 8259), or one with half a surrogate pair.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = Reader(bytes: bytes)
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    /// The first member with a key.
    subscript(_ key: String) -> ReferenceJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }

    /// The bytes of a string, number or boolean.
    var text: [UInt8]? {
        switch self {
        case .string(let text, _), .literal(let text): text
        case .null, .array, .object: nil
        }
    }

    /// The texts of an array, or of a string with commas.
    var texts: [[UInt8]] {
        switch self {
        case .array(let elements): elements.compactMap(\.text)
        case .string(let text, _): text.split(separator: UInt8(ascii: ",")).map(Array.init)
        case .literal, .null, .object: []
        }
    }
}

private struct Reader {
    let bytes: [UInt8]
    var position = 0

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool { position == bytes.count }

    private mutating func skipBlanks() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let text = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: text) else { return false }
        position += text.count
        return true
    }

    /// A value and the blanks around it.
    mutating func value(depth: Int) -> ReferenceJSON? {
        skipBlanks()
        let start = position
        let value: ReferenceJSON?
        switch current {
        case UInt8(ascii: "{"): value = object(depth: depth + 1)
        case UInt8(ascii: "["): value = array(depth: depth + 1)
        case UInt8(ascii: "\""): value = string().map { .string($0.text, hasEscape: $0.hasEscape) }
        default:
            if take("null") {
                value = .null
            } else if take("true") || take("false") || takeNumber() {
                value = .literal(Array(bytes[start..<position]))
            } else {
                value = nil
            }
        }
        skipBlanks()
        return value
    }

    private mutating func array(depth: Int) -> ReferenceJSON? {
        guard depth <= ReferenceJSON.maximumDepth, take("[") else { return nil }
        skipBlanks()
        if take("]") { return .array([]) }
        var elements: [ReferenceJSON] = []
        repeat {
            guard let element = value(depth: depth) else { return nil }
            elements.append(element)
        } while take(",")
        return take("]") ? .array(elements) : nil
    }

    private mutating func object(depth: Int) -> ReferenceJSON? {
        guard depth <= ReferenceJSON.maximumDepth, take("{") else { return nil }
        skipBlanks()
        if take("}") { return .object([]) }
        var members: [ReferenceJSON.Member] = []
        repeat {
            skipBlanks()
            guard let key = string() else { return nil }
            skipBlanks()
            guard take(":"), let value = value(depth: depth) else { return nil }
            members.append(.init(key: key.text, value: value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func string() -> (text: [UInt8], hasEscape: Bool)? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        var hasEscape = false
        while let byte = current {
            if take("\"") { return (text, hasEscape) }
            guard byte >= 0x20 else { return nil }
            if byte == UInt8(ascii: "\\") {
                guard let scalar = escape() else { return nil }
                hasEscape = true
                text += Array(String(scalar).utf8)
            } else {
                text.append(byte)
                position += 1
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        let simple: [(StaticString, Unicode.Scalar)] = [
            ("\\\"", "\""), ("\\\\", "\\"), ("\\/", "/"), ("\\b", "\u{8}"), ("\\f", "\u{C}"), ("\\n", "\n"),
            ("\\r", "\r"), ("\\t", "\t"),
        ]
        for (text, scalar) in simple where take(text) { return scalar }
        guard let unit = codeUnit() else { return nil }
        guard (0xD800...0xDFFF).contains(unit) else { return Unicode.Scalar(unit) }
        guard unit < 0xDC00, let low = codeUnit(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00))
    }

    private mutating func codeUnit() -> UInt32? {
        guard take("\\u"), bytes.count - position >= 4 else { return nil }
        let digits = bytes[position..<position + 4]
        // The initializer alone would take a sign.
        guard digits.allSatisfy({ UInt8(ascii: "0") <= $0 }) else { return nil }
        position += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func takeNumber() -> Bool {
        _ = take("-")
        if !take("0") { guard takeDigits() else { return false } }
        if take(".") { guard takeDigits() else { return false } }
        guard take("e") || take("E") else { return true }
        _ = take("+") || take("-")
        return takeDigits()
    }

    private mutating func takeDigits() -> Bool {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }
}
