/// A `rules_group` pattern: alternatives separated by `|`, each to be found anywhere in a rule's group string, in any
/// letter case.
///
/// The language is that of the peers' `OS_Regex` (reference/ossec-wazuh.md 1.6; os_regex_compile.c and
/// os_regex_execute.c of OSSEC 2.x): `^` and `$` at the ends of an alternative, the classes `\w \d \s \p \W \D \S \.`,
/// `\t`, the escaped characters `\\ \( \) \$ \| \<`, `+` or `*` behind any of these, and parentheses, which only group.
/// Everything else stands for itself, also `.`, `[` and a `+` behind a plain character.
///
/// There are two differences. An alternative without anything to match, such as behind a trailing `|`, never
/// matches, where the peers' match every rule. And a pattern is found wherever it can be, where `OS_Regex` gives up
/// after trying four ways to share a text between `+` and `*`.
package struct GroupPattern: Sendable, Hashable {
    /// Why a text is no pattern, with what would be one.
    ///
    /// To the peers such a pattern matches nothing.
    package struct InvalidPattern: Error, Sendable, Equatable {
        package let reason: String
    }

    /// The pattern as written.
    package let text: String
    private let alternatives: [Alternative]

    package init(_ text: String) throws(InvalidPattern) {
        self.text = text
        var parser = Parser(bytes: Array(text.utf8)[...])
        alternatives = try parser.alternatives().filter { !$0.steps.isEmpty }
    }

    /// Whether the pattern is found in a text.
    package func matches(_ text: String) -> Bool {
        matches(folded: text.utf8.map(asciiLowercased))
    }

    /// The same for a text whose ASCII letters are lower case.
    func matches(folded text: [UInt8]) -> Bool {
        alternatives.contains { $0.isFound(in: text) }
    }
}

/// One place in an alternative.
private struct PatternStep: Sendable, Hashable {
    enum Class: Sendable, Hashable {
        case literal(UInt8)
        case any, digit, word, blank, punctuation, notDigit, notWord, notBlank
    }

    var characters: Class
    /// Any number of them, also none; otherwise exactly one.
    ///
    /// `x+` is one and then any number.
    var repeats = false

    func accepts(_ byte: UInt8) -> Bool {
        switch characters {
        case .literal(let literal): byte == literal
        case .any: true
        case .digit: Self.isDigit(byte)
        case .notDigit: !Self.isDigit(byte)
        case .word: Self.isWord(byte)
        case .notWord: !Self.isWord(byte)
        case .blank: byte == 0x20
        case .notBlank: byte != 0x20
        case .punctuation: Self.isPunctuation(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// ``!"#$%&'()*+,-.:;<=>?[]{|}``: not all of ASCII's punctuation.
    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!")...UInt8(ascii: "."), UInt8(ascii: ":")...UInt8(ascii: "?"), UInt8(ascii: "["),
            UInt8(ascii: "]"),
            UInt8(ascii: "{")...UInt8(ascii: "}"):
            true
        default: false
        }
    }
}

private struct Alternative: Sendable, Hashable {
    var steps: [PatternStep] = []
    var isAtStart = false
    var isAtEnd = false
    /// The text of an alternative that is plain text: nearly every one is, and comparing is much faster.
    var plainText: [UInt8]?

    func isFound(in text: [UInt8]) -> Bool {
        guard let plainText else { return isFoundByStates(in: text) }
        let last = text.count - plainText.count
        guard last >= 0 else { return false }
        if isAtStart { return (!isAtEnd || last == 0) && text.starts(with: plainText) }
        return ((isAtEnd ? last : 0)...last).contains { start in
            for offset in plainText.indices where text[start + offset] != plainText[offset] { return false }
            return true
        }
    }

    /// Follows all ways through the steps at once, so that no pattern and no text can make it slow.
    private func isFoundByStates(in text: [UInt8]) -> Bool {
        // `states[n]`: the first n steps are done.
        var states = [Bool](repeating: false, count: steps.count + 1)
        for position in 0...text.count {
            if position == 0 || !isAtStart { states[0] = true }
            for index in steps.indices where states[index] && steps[index].repeats { states[index + 1] = true }
            if states[steps.count], !isAtEnd || position == text.count { return true }
            guard position < text.count else { break }
            var next = [Bool](repeating: false, count: steps.count + 1)
            for index in steps.indices where states[index] && steps[index].accepts(text[position]) {
                next[steps[index].repeats ? index : index + 1] = true
            }
            states = next
        }
        return false
    }
}

/// Reads the language of ``GroupPattern``.
private struct Parser {
    var bytes: ArraySlice<UInt8>
    private var isInParentheses = false

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    mutating func alternatives() throws(GroupPattern.InvalidPattern) -> [Alternative] {
        var alternatives = [try alternative()]
        while bytes.popFirst() != nil { alternatives.append(try alternative()) }
        return alternatives
    }

    /// Reads up to the next `|`, which is left, or the end.
    private mutating func alternative() throws(GroupPattern.InvalidPattern) -> Alternative {
        var alternative = Alternative()
        if bytes.first == UInt8(ascii: "^") {
            alternative.isAtStart = true
            bytes.removeFirst()
        }
        while let byte = bytes.first, byte != UInt8(ascii: "|") {
            bytes.removeFirst()
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"):
                guard isInParentheses == (byte == UInt8(ascii: ")")) else {
                    throw .init(reason: "its parentheses are nested or do not match")
                }
                isInParentheses.toggle()
            case UInt8(ascii: "$") where bytes.isEmpty || bytes.first == UInt8(ascii: "|"):
                alternative.isAtEnd = true
            case UInt8(ascii: "\\"):
                alternative.steps += try escaped()
            default:
                alternative.steps.append(PatternStep(characters: .literal(asciiLowercased(byte))))
            }
        }
        if isInParentheses { throw .init(reason: "a parenthesis is not closed before the end or the next '|'") }
        let literals = alternative.steps.compactMap { step -> UInt8? in
            guard case .literal(let byte) = step.characters, !step.repeats else { return nil }
            return byte
        }
        if literals.count == alternative.steps.count { alternative.plainText = literals }
        return alternative
    }

    /// The steps of an escape, whose backslash was read, with its `+` or `*`.
    private mutating func escaped() throws(GroupPattern.InvalidPattern) -> [PatternStep] {
        guard let byte = bytes.popFirst() else { throw .init(reason: "it ends with a backslash") }
        let characters: PatternStep.Class =
            switch byte {
            case UInt8(ascii: "w"): .word
            case UInt8(ascii: "W"): .notWord
            case UInt8(ascii: "d"): .digit
            case UInt8(ascii: "D"): .notDigit
            case UInt8(ascii: "s"): .blank
            case UInt8(ascii: "S"): .notBlank
            case UInt8(ascii: "p"): .punctuation
            case UInt8(ascii: "."): .any
            case UInt8(ascii: "t"): .literal(0x09)
            case UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "$"), UInt8(ascii: "|"),
                UInt8(ascii: "<"):
                .literal(byte)
            default:
                throw .init(
                    reason: "'\\\(String(decoding: [byte], as: UTF8.self))' means nothing; "
                        + "known are \\w \\d \\s \\p \\W \\D \\S \\. \\t and \\\\ \\( \\) \\$ \\| \\<")
            }
        switch bytes.first {
        case UInt8(ascii: "*"):
            bytes.removeFirst()
            return [PatternStep(characters: characters, repeats: true)]
        case UInt8(ascii: "+"):
            bytes.removeFirst()
            return [PatternStep(characters: characters), PatternStep(characters: characters, repeats: true)]
        default:
            return [PatternStep(characters: characters)]
        }
    }
}

func asciiLowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
