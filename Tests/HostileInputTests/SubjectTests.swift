import HostileInput
import TestSupport
import Testing

/// What fuzzing looks for, at small scale and without chance.
@Suite struct `Hostile input` {
    @Test(arguments: Subject.allCases)
    func `what fuzzing found stays mended`(subject: Subject) throws {
        for (name, bytes) in try Inputs.files(of: subject, in: "Findings") {
            #expect(throws: Never.self, "\(name)") { try subject.check(bytes) }
        }
    }

    @Test(arguments: Subject.allCases)
    func `good input holds what every input must`(subject: Subject) throws {
        let inputs = try Inputs.good(for: subject)
        #expect(inputs.count > 1)
        for bytes in inputs { #expect(throws: Never.self, "\(bytes)") { try subject.check(bytes) } }
    }

    @Test(arguments: Subject.allCases)
    func `damaged input does no harm`(subject: Subject) async throws {
        let inputs = try Inputs.good(for: subject)
        var generator = SeededGenerator(state: 1)
        for number in 0..<400 {
            // Other tests wait for their turn, some of them with a limit.
            if number % 20 == 0 { await Task.yield() }
            guard let input = inputs.randomElement(using: &generator) else { continue }
            let bytes = generator.damaged(input, with: inputs)
            #expect(throws: Never.self, "\(bytes)") { try subject.check(bytes) }
        }
    }

    @Test(arguments: Subject.allCases)
    func `random bytes do no harm`(subject: Subject) async {
        var generator = SeededGenerator(state: 2)
        for number in 0..<300 {
            if number % 20 == 0 { await Task.yield() }
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(throws: Never.self, "\(bytes)") { try subject.check(bytes) }
        }
    }

    /// Anything quadratic would take hours.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (Subject.xml, "<a>"), (.xml, "<"), (.xml, "</a>"), (.xml, "<a b='"), (.xml, "&amp;"), (.xml, "<!--"),
            (.xml, "<?"), (.xml, "\\<"), (.xml, "<![CDATA[>"), (.yaml, "["), (.yaml, "{"), (.yaml, "- "),
            (.yaml, "a: "), (.yaml, "a:\n"), (.yaml, "'"), (.yaml, "*a "), (.yaml, "? "), (.yaml, "\t"),
            (.yaml, "---\n"), (.alert, "["), (.alert, "{\"a\":"), (.alert, "\\u0041"), (.alert, "\""),
            (.ossec, "{\"a\":"), (.ossec, "\"a\":1,"),
            (.handshake, "{\"check_keys\""), (.handshake, "\n"), (.frames, "\u{0}"), (.wire, "\u{8}\u{1}"),
            (.token, " "), (.token, "edr1."), (.order, "j\u{0}"), (.event, "R\u{0}"),
            (.summary, "\u{12}\u{0}"), (.description, "\u{A}\u{0}"), (.lines, "\n"), (.lines, "x"),
        ] as [(Subject, String)])
    func `time grows with the size only`(subject: Subject, piece: String) throws {
        let bytes = [UInt8](String(repeating: piece, count: (256 << 10) / piece.utf8.count).utf8)
        try subject.check(bytes)
    }

    @Test func `the script knows every subject`() throws {
        let script = try Repository.text(of: "scripts/fuzz")
        let list = try #require(script.firstMatch(of: /\nsubjects="([^"]*)"/)).1
        #expect(list.split(separator: " ").map(String.init) == Subject.allCases.map(\.rawValue))
    }
}
