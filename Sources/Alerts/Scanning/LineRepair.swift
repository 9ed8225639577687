/// Makes a line one that is JSON where only its text stands in the way.
///
/// Wazuh up to 4.14 copies the bytes of a log into its alerts as they came (wazuh/wazuh #38561). Whoever may choose a
/// byte of a log, such as of a user name at a login, could make the whole alert no JSON and so ward off the response.
/// A source therefore repairs a line that was refused with an error that ``AlertError/isRepairable`` and scans it once
/// more.
package enum LineRepair {
    /// The line with U+FFFD in place of what is not UTF-8 and of halves of surrogate pairs (`\ud800`); a line without
    /// them stays as it is.
    ///
    /// No quote or bracket comes or goes. What is passed on from then on, to the white list as to the script, is the
    /// repaired line: nobody can read it differently.
    package static func wellFormed(_ line: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = Array(String(decoding: line, as: UTF8.self).utf8)
        var index = 0
        while let escape = bytes[index...].firstIndex(of: UInt8(ascii: "\\")) {
            guard let unit = codeUnit(at: escape, of: bytes) else {
                // Another escape: what it escapes is none.
                index = min(escape + 2, bytes.count)
                continue
            }
            index = escape + 6
            switch unit {
            case 0xD800...0xDBFF:
                if let low = codeUnit(at: index, of: bytes), (0xDC00...0xDFFF).contains(low) {
                    index += 6
                } else {
                    bytes.replaceSubrange(escape + 2..<index, with: "fffd".utf8)
                }
            case 0xDC00...0xDFFF: bytes.replaceSubrange(escape + 2..<index, with: "fffd".utf8)
            default: break
            }
        }
        return bytes
    }

    /// The number of an escape `\uXXXX`; nil when there is none at this place.
    private static func codeUnit(at index: Int, of bytes: [UInt8]) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { return nil }
        let digits = bytes[index + 2..<index + 6]
        // `UInt16.init` would take a sign too.
        guard digits.allSatisfy({ UInt8(ascii: "0") <= $0 }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
