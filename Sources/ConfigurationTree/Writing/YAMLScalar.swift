/// Writes one text as a YAML scalar that every YAML reader takes for that text.
enum YAMLScalar {
    /// - Parameter isFlag: `yes` and `no` are meant as such, and stay without quotes.
    static func text(_ text: String, isFlag: Bool = false) -> String {
        if isFlag, text == "yes" || text == "no" { return text }
        if isPlain(text) { return text }
        if text.unicodeScalars.contains(where: mustBeEscaped) { return doubleQuoted(text) }
        let hasEscapes = text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        return hasEscapes ? "'" + text.replacing("'", with: "''") + "'" : "\"\(text)\""
    }

    /// Words that some YAML reader takes for a truth value or for nothing.
    private static let reserved: Set<String> = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"]

    /// Fewer than YAML allows: what is left out has a meaning in some place or to some reader.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.last != UInt8(ascii: " ") else { return false }
        if isDigit(first) { return isPlainNumber(text) }
        let canStart = isLetter(first) || "_/^$".utf8.contains(first)
        return canStart && !reserved.contains(text.lowercased())
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_/^$.+-@%=| ".utf8.contains($0) }
    }

    /// Whole numbers without leading zeros, durations, IPv4 addresses and networks: anything else that begins with a
    /// digit, such as `007`, `1e3` or `2026-01-01`, is a number or a date to somebody.
    private static func isPlainNumber(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, let last = parts.last {
            let ends = last.split(separator: "/", omittingEmptySubsequences: false)
            return ends.count <= 2 && (parts.dropLast() + ends).allSatisfy(isWholeNumber)
        }
        let unit = "smhdw".utf8.contains(text.utf8.last ?? 0)
        return isWholeNumber(unit ? text.dropLast() : text[...])
    }

    private static func isWholeNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit) && (text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0"))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// Whether YAML forbids the character, folds it, or nobody would see it.
    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA1, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private static func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where mustBeEscaped(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
