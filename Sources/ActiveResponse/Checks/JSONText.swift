/// Tells whether the bytes of a script are one JSON object.
enum JSONText {
    /// The bytes on one line, if they are exactly one valid JSON object (RFC 8259); else nil.
    static func object(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var parser = Parser(bytes: bytes)
        guard parser.isOneObject() else { return nil }
        // In valid JSON a line break can only stand between tokens.
        guard bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return text }
        return String(decoding: bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Checks the grammar without building anything; nesting costs one byte of memory a level.
    private struct Parser {
        private static let maximumDepth = 1000
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func isOneObject() -> Bool {
            skipBlanks()
            guard peek == UInt8(ascii: "{"), value() else { return false }
            skipBlanks()
            return position == bytes.count
        }

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func skipBlanks() {
            while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard peek == byte else { return false }
            position += 1
            return true
        }

        /// One value, however deeply nested: `open` holds the closing bracket of each level.
        private mutating func value() -> Bool {
            var open: [UInt8] = []
            while true {
                skipBlanks()
                switch peek {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    guard open.count < Self.maximumDepth else { return false }
                    let closing = bytes[position] + 2
                    position += 1
                    open.append(closing)
                    skipBlanks()
                    if !take(closing) {
                        guard closing != UInt8(ascii: "}") || key() else { return false }
                        continue
                    }
                    open.removeLast()
                case UInt8(ascii: "\""): guard string() else { return false }
                case UInt8(ascii: "t"): guard literal("true") else { return false }
                case UInt8(ascii: "f"): guard literal("false") else { return false }
                case UInt8(ascii: "n"): guard literal("null") else { return false }
                default: guard number() else { return false }
                }
                closing: while true {
                    guard let closing = open.last else { return true }
                    skipBlanks()
                    if take(closing) {
                        open.removeLast()
                        continue closing
                    }
                    guard take(UInt8(ascii: ",")) else { return false }
                    guard closing != UInt8(ascii: "}") || key() else { return false }
                    break closing
                }
            }
        }

        private mutating func key() -> Bool {
            skipBlanks()
            guard string() else { return false }
            skipBlanks()
            return take(UInt8(ascii: ":"))
        }

        private mutating func string() -> Bool {
            guard take(UInt8(ascii: "\"")) else { return false }
            while let byte = peek {
                position += 1
                switch byte {
                case UInt8(ascii: "\""): return true
                case ..<0x20: return false
                case UInt8(ascii: "\\"):
                    guard let escaped = peek else { return false }
                    position += 1
                    if escaped == UInt8(ascii: "u") {
                        for _ in 0..<4 {
                            guard let digit = peek, Character(Unicode.Scalar(digit)).isHexDigit else { return false }
                            position += 1
                        }
                    } else if !"\"\\/bfnrt".utf8.contains(escaped) {
                        return false
                    }
                default: break
                }
            }
            return false
        }

        private mutating func literal(_ text: String) -> Bool {
            guard bytes[position...].starts(with: text.utf8) else { return false }
            position += text.utf8.count
            return true
        }

        private mutating func digits() -> Bool {
            let start = position
            while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
            return position > start
        }

        private mutating func number() -> Bool {
            _ = take(UInt8(ascii: "-"))
            if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
            if take(UInt8(ascii: ".")) { guard digits() else { return false } }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                guard digits() else { return false }
            }
            return true
        }
    }
}
