/// The contents of JSON strings whose syntax was checked before: what stands between the quotes.
package enum JSONString {
    /// Whether the contents, their escapes resolved, are `text` (ASCII).
    @inline(__always)
    static func contents(_ contents: UnsafeRawBufferPointer, equal text: StaticString, hasEscape: Bool) -> Bool {
        if hasEscape { return self.contents(contents, equal: text) }
        return contents.count == text.utf8CodeUnitCount && contents.elementsEqualSameLength(text)
    }

    /// Whether the contents, their escapes resolved, are `text` (ASCII).
    @inline(never)
    static func contents(_ contents: some Collection<UInt8>, equal text: StaticString) -> Bool {
        // An escape is at most six bytes long, so a longer key is another one; and no key is worth a big copy.
        guard contents.count <= 6 * text.utf8CodeUnitCount else { return false }
        return resolved(contents).elementsEqual(
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The text of the contents.
    static func text(_ contents: some Collection<UInt8>) -> String {
        contents.contains(UInt8(ascii: "\\"))
            ? String(decoding: resolved(contents), as: UTF8.self) : String(decoding: contents, as: UTF8.self)
    }

    /// The UTF-8 of the contents with their escapes resolved.
    static func resolved(_ contents: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(contents.count)
        var highHalf: UInt32 = 0
        var iterator = contents.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "\\"), let escaped = iterator.next() else {
                result.append(byte)
                continue
            }
            guard escaped == UInt8(ascii: "u") else {
                result.append(character(escaped))
                continue
            }
            var unit: UInt32 = 0
            for _ in 0..<4 { unit = unit << 4 | UInt32(iterator.next().flatMap(hexValue) ?? 0) }
            if unit & 0xFC00 == 0xD800 {
                highHalf = unit
                continue
            }
            if unit & 0xFC00 == 0xDC00 { unit = 0x10000 + ((highHalf & 0x3FF) << 10) + (unit & 0x3FF) }
            result.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
        }
        return result
    }

    /// The character that a backslash before this byte stands for.
    private static func character(_ escaped: UInt8) -> UInt8 {
        switch escaped {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escaped
        }
    }

    /// A text as a JSON string, with its quotes.
    ///
    /// Everything outside printable ASCII that could disturb a terminal or a line is escaped; other characters stay as
    /// they are.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
