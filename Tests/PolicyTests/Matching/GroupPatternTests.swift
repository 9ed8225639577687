import Foundation
import Policy
import Testing

struct GroupPatternTests {
    private static let groups = "syslog,sshd,authentication_failed,pci_dss_10.2.4,"

    @Test(arguments: [
        "auth", "AUTHENTICATION", "authentication_failed|attack", "attack|sshd", "sshd,auth", "pci_dss_10.2.4",
        "^syslog",
        "^SYSLOG,", "2.4,$", "^syslog|^web", #"\d+.\d.\d,$"#, #"sshd\p\w+_failed"#, #"^\w+,\w+,"#, #"\.*"#, #"s\.\.d,"#,
        #"^\S+$"#, #"(sshd),(auth)"#, #"10\.2"#, #"\d\D\d"#, #"\w+\W\d"#, #"^syslog\.+\d,$"#, #"\w*"#, #"syslog\s*,"#,
    ])
    func `a pattern is found`(pattern: String) throws {
        #expect(try GroupPattern(pattern).matches(Self.groups))
    }

    @Test(arguments: [
        "web", "attack,web", "sshd, auth", "^sshd", "failed$", "syslog$", "a.th", "s[y]slog", "ssh+d", "sys*log",
        "^auth|web$",
        #"\s"#, #"\d\d\d"#, #"^\d"#, #"\<"#, #"\$"#, #"\\"#, #"\|"#, #"\t"#, "^$", "auth^", "a$uth",
    ])
    func `a pattern is not found`(pattern: String) throws {
        #expect(try !GroupPattern(pattern).matches(Self.groups))
    }

    @Test(arguments: ["", "|", "||", "^", "$", "^$|", "()", "web|", "|web", "web||nothing", "^|$"])
    func `an alternative without anything to match matches nothing`(pattern: String) throws {
        #expect(try !GroupPattern(pattern).matches(Self.groups))
        #expect(try !GroupPattern(pattern).matches(""))
    }

    @Test(arguments: ["a\\", #"\q"#, #"\n"#, #"\*"#, "(", ")", "(a|b)", "((a))", "a)(b", "(a"])
    func `what the peers cannot read is an error`(pattern: String) {
        #expect(throws: GroupPattern.InvalidPattern.self) { try GroupPattern(pattern) }
    }

    @Test func `classes hold the peers' characters`() throws {
        func members(_ pattern: String) throws -> String {
            let pattern = try GroupPattern(pattern)
            return String((0x20..<0x7F).map { Character(Unicode.Scalar($0)) }.filter { pattern.matches(String($0)) })
        }
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        #expect(try members(#"\d"#) == "0123456789")
        #expect(try members(#"\w"#) == "-0123456789@\(letters)_\(letters.lowercased())")
        #expect(try members(#"\s"#) == " ")
        #expect(try members(#"\p"#) == ##"!"#$%&'()*+,-.:;<=>?[]{|}"##)
        #expect(try members(#"\."#).count == 95)
        for (one, other) in [(#"\d"#, #"\D"#), (#"\w"#, #"\W"#), (#"\s"#, #"\S"#)] {
            #expect(Set(try members(one)).isDisjoint(with: try members(other)))
            #expect(try members(one).count + members(other).count == 95)
        }
        for escaped in ["$", "(", ")", "\\", "|", "<"] { #expect(try members("\\\(escaped)") == escaped) }
    }

    /// The same patterns in the language of a full regular expression engine.
    @Test func `random patterns match as a regular expression does`() throws {
        var generator = SeededGenerator(state: 7)
        let pieces: [(ours: String, theirs: String)] = [
            ("a", "a"), ("B", "b"), ("1", "1"), (",", ","), ("_", "_"), (#"\w"#, "[-0-9@A-Za-z_]"),
            (#"\w+"#, "[-0-9@A-Za-z_]+"),
            (#"\d*"#, "[0-9]*"), (#"\d"#, "[0-9]"), (#"\.+"#, ".+"), (#"\.*"#, ".*"), (#"\W"#, "[^-0-9@A-Za-z_]"),
            (".", "\\."),
            (#"\S*"#, "[^ ]*"), (#"\p+"#, #"[!-.:-?\[\]{-}]+"#), ("|", "|"),
        ]
        let alphabet = Array("ab1,_. ")
        var found = 0
        var disagreements: [String] = []
        for _ in 0..<1500 {
            let chosen = (0..<Int.random(in: 1...7, using: &generator)).compactMap { _ in
                pieces.randomElement(using: &generator)
            }
            let ours = chosen.map(\.ours).joined()
            let theirs = chosen.map(\.theirs).joined()
            // An empty alternative is where we differ on purpose.
            if "|\(ours)|".contains("||") { continue }
            let expression = try NSRegularExpression(pattern: theirs, options: [.caseInsensitive])
            let pattern = try GroupPattern(ours)
            for _ in 0..<6 {
                let text = String(
                    (0..<Int.random(in: 0...9, using: &generator)).compactMap { _ in
                        alphabet.randomElement(using: &generator)
                    })
                let range = NSRange(location: 0, length: text.utf16.count)
                let expected = expression.firstMatch(in: text, range: range) != nil
                if pattern.matches(text) != expected { disagreements.append("\(ours) in \(text)") }
                if expected { found += 1 }
            }
        }
        #expect(disagreements == [])
        #expect(found > 500)
    }

    @Test func `no pattern is slow`() throws {
        let pattern = try GroupPattern(String(repeating: #"\w*"#, count: 40) + "!")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }
}
