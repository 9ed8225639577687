/// A white list entry that is no address: alternatives separated by `|`, each a text that must occur in the alert's
/// source as it is written there, in any letter case; `^` and `$` tie it to the beginning and the end.
///
/// Behaves as the peers' `OS_Match`, except that an alternative that would match everything is refused.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    private struct Alternative: Sendable, Hashable {
        var text: [UInt8]
        var isAtStart = false
        var isAtEnd = false
    }

    /// The pattern as written.
    package let description: String
    private let alternatives: [Alternative]

    /// Nil when an alternative is empty, or holds anything but the characters of names and addresses.
    package init?(_ text: String) {
        description = text
        var alternatives: [Alternative] = []
        for part in text.utf8.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false) {
            var alternative = Alternative(text: part.map(Self.lowercased))
            if alternative.text.first == UInt8(ascii: "^") {
                alternative.text.removeFirst()
                alternative.isAtStart = true
            }
            if alternative.text.last == UInt8(ascii: "$") {
                alternative.text.removeLast()
                alternative.isAtEnd = true
            }
            guard !alternative.text.isEmpty, alternative.text.allSatisfy(Self.isNamePart) else { return nil }
            alternatives.append(alternative)
        }
        self.alternatives = alternatives
    }

    package func matches(_ text: String) -> Bool {
        let text = text.utf8.map(Self.lowercased)
        return alternatives.contains { alternative in
            let wanted = alternative.text
            guard wanted.count <= text.count else { return false }
            let last = text.count - wanted.count
            if alternative.isAtStart && alternative.isAtEnd { return text == wanted }
            if alternative.isAtStart { return text.starts(with: wanted) }
            if alternative.isAtEnd { return text[last...].elementsEqual(wanted) }
            return (0...last).contains { text[$0...].starts(with: wanted) }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// `:` and `%` for parts of IPv6 addresses between `^`, `$` and `|`; bytes above ASCII for names in UTF-8.
    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
        default: false
        }
    }
}
