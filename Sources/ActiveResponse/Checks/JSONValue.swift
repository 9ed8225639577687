/// A small JSON document (RFC 8259) as a value: what a script says on one line.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    /// The number's text.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a document.
    ///
    /// - Returns: nil when the bytes are not exactly one valid document of at most 32 levels.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = Reader(rest: bytes[...])
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    /// The member of an object; nil for everything else.
    subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    private struct Reader {
        private static let maximumDepth = 32
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return rest.isEmpty
            }
        }

        mutating func value(depth: Int) -> JSONValue? {
            guard depth < Self.maximumDepth else { return nil }
            skipBlanks()
            switch rest.first {
            case UInt8(ascii: "{"): return object(depth: depth + 1)
            case UInt8(ascii: "["): return array(depth: depth + 1)
            case UInt8(ascii: "\""): return string().map(JSONValue.string)
            case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
            case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
            case UInt8(ascii: "n"): return take("null") ? .null : nil
            default: return number()
            }
        }

        private mutating func skipBlanks() {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        }

        private mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest.removeFirst(text.utf8.count)
            return true
        }

        /// The members up to the closing bracket, each read by `member`.
        private mutating func members(until closing: String, _ member: (inout Reader) -> Bool) -> Bool {
            rest.removeFirst()
            skipBlanks()
            if take(closing) { return true }
            while member(&self) {
                skipBlanks()
                if take(closing) { return true }
                guard take(",") else { return false }
            }
            return false
        }

        private mutating func object(depth: Int) -> JSONValue? {
            var object: [String: JSONValue] = [:]
            let isWhole = members(until: "}") { reader in
                reader.skipBlanks()
                guard reader.rest.first == UInt8(ascii: "\""), let name = reader.string() else { return false }
                reader.skipBlanks()
                guard reader.take(":"), let value = reader.value(depth: depth) else { return false }
                object[name] = value
                return true
            }
            return isWhole ? .object(object) : nil
        }

        private mutating func array(depth: Int) -> JSONValue? {
            var array: [JSONValue] = []
            let isWhole = members(until: "]") { reader in
                guard let value = reader.value(depth: depth) else { return false }
                array.append(value)
                return true
            }
            return isWhole ? .array(array) : nil
        }

        private mutating func string() -> String? {
            rest.removeFirst()
            var units: [UInt16] = []
            var text = ""
            while let byte = rest.first, byte != UInt8(ascii: "\"") {
                guard byte >= 0x20 else { return nil }
                if byte == UInt8(ascii: "\\") {
                    rest.removeFirst()
                    guard let unit = escaped() else { return nil }
                    units.append(unit)
                } else {
                    text += Self.text(of: &units)
                    let plain = rest.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                    text += String(decoding: plain, as: UTF8.self)
                    rest = rest.dropFirst(plain.count)
                }
            }
            guard take("\"") else { return nil }
            return text + Self.text(of: &units)
        }

        /// Surrogates that escapes gave one by one make one character together.
        private static func text(of units: inout [UInt16]) -> String {
            defer { units = [] }
            return String(decoding: units, as: UTF16.self)
        }

        private mutating func escaped() -> UInt16? {
            guard let letter = rest.popFirst() else { return nil }
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(letter)
            case UInt8(ascii: "b"): return 0x08
            case UInt8(ascii: "f"): return 0x0C
            case UInt8(ascii: "n"): return 0x0A
            case UInt8(ascii: "r"): return 0x0D
            case UInt8(ascii: "t"): return 0x09
            case UInt8(ascii: "u"):
                let digits = rest.prefix(4)
                guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
                    return nil
                }
                rest = rest.dropFirst(4)
                return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            default: return nil
            }
        }

        private mutating func number() -> JSONValue? {
            let text = rest.prefix { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
            }
            rest = rest.dropFirst(text.count)
            let number = String(decoding: text, as: UTF8.self)
            return Double(number) == nil ? nil : .number(number)
        }
    }
}
