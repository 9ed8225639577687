/// Walks the bytes of a file and keeps count of line and column.
struct XMLCursor {
    let file: String
    private let bytes: [UInt8]
    private(set) var offset = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        // A byte order mark is no character of the first line.
        if bytes.starts(with: "\u{FEFF}".utf8) { offset = 3 }
    }

    var isAtEnd: Bool { offset >= bytes.count }
    var location: SourceLocation { SourceLocation(file: file, line: line, column: column) }

    /// The byte `ahead` positions further on, or nil behind the end.
    func peek(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < bytes.count ? bytes[offset + ahead] : nil
    }

    func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            offset + text.count <= bytes.count
                && text.indices.allSatisfy { bytes[offset + $0] == text[$0] }
        }
    }

    mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                // The bytes that continue a UTF-8 sequence are no columns of their own.
                column += 1
            }
            offset += 1
        }
    }

    /// Moves behind `text` when the bytes here are exactly that.
    mutating func take(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        advance(text.utf8CodeUnitCount)
        return true
    }

    mutating func skipBlanks() {
        while let byte = peek(), byte.isXMLBlank { advance() }
    }

    /// Moves behind the next `byte`, or to the end.
    mutating func skip(past byte: UInt8) {
        while let next = peek() {
            advance()
            if next == byte { return }
        }
    }

    /// Takes the longest run of name characters that is here, which may be none.
    mutating func takeName() -> String {
        let start = offset
        guard let first = peek(), first.isXMLNameStart else { return "" }
        while let byte = peek(), byte.isXMLNamePart { advance() }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }
}

extension UInt8 {
    var isXMLBlank: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\n")
            || self == UInt8(ascii: "\r")
    }

    /// ASCII only: no section or option of ours or the peers is called anything else.
    var isXMLNameStart: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
    }

    var isXMLNamePart: Bool {
        isXMLNameStart || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || self == UInt8(ascii: "-")
            || self == UInt8(ascii: ".") || self == UInt8(ascii: ":")
    }
}
