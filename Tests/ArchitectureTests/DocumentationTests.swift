import Foundation
import TestSupport
import Testing

/// The reference pages, held against the code.
@Suite struct `The reference` {
    /// The words in back quotes of a page.
    private func words(of page: String) throws -> Set<String> {
        let prose = try Repository.text(of: "docs/reference/" + page).replacing(/(?s)```.*?```/, with: "")
        return Set(prose.matches(of: /`([^`]+)`/).map { String($0.1) })
    }

    @Test func `names every option that the readers of configuration know`() throws {
        let documented = try words(of: "configuration.md").reduce(into: Set<String>()) { found, word in
            found.formUnion(word.split(whereSeparator: { "<>".contains($0) }).map(String.init))
        }
        let files = [
            "Sources/Policy/Definitions", "Sources/ManagerSettings", "Sources/AgentSettings",
        ].flatMap { Repository.files(below: $0, suffix: ".swift") }
        var options: Set<String> = []
        for file in files {
            let text = try Repository.text(of: file)
            for match in text.matches(of: /(?:known: |static let \w*[oO]ptions = |sectionNames = )\[([^\]]*)\]/) {
                options.formUnion(match.1.matches(of: /"([^"]+)"/).map { String($0.1) })
            }
        }
        #expect(options.count > 25)
        #expect(options.subtracting(documented).isEmpty)
    }

    @Test func `names every log key`() throws {
        let source = try Repository.text(of: "Sources/Daemon/LogKey.swift")
        var keys: Set<String> = []
        for match in source.matches(of: /case (\w+)(?: = "(\w+)")?\n/) { keys.insert(String(match.2 ?? match.1)) }
        #expect(keys.count > 15)
        let documented = try words(of: "logging.md")
        #expect(keys.subtracting(documented).isEmpty)
    }

    @Test func `names every shipped script`() throws {
        let scripts = try FileManager.default.contentsOfDirectory(
            atPath: Repository.path + "/active-response/bin"
        )
        .filter { $0 != "lib" && (!$0.hasSuffix(".sh") || $0 == "template.sh") }
        let documented = try words(of: "response-scripts.md")
        #expect(Set(scripts).subtracting(documented).isEmpty)
    }
}

/// docs/explanation/threat-model.md, held against the tests.
@Suite struct `The threat model` {
    /// Files and the names of tests in them, as `[Name](../../Tests/…/Name.swift): "test", "test"`.
    private func claims(in text: some StringProtocol) -> [(file: String, test: String)] {
        String(text).matches(of: /\]\(\.\.\/\.\.\/(Tests\/[^)]+\.swift)\): ("[^"]+"(?:, "[^"]+")*)/).flatMap { match in
            match.2.matches(of: /"([^"]+)"/).map { (String(match.1), String($0.1)) }
        }
    }

    @Test func `names tests that exist`() throws {
        let claims = claims(in: try Repository.text(of: "docs/explanation/threat-model.md"))
        #expect(claims.count > 50)
        for (file, test) in claims {
            #expect(try Repository.text(of: file).contains("func `\(test)`"), "\(file) has no test \"\(test)\"")
        }
    }

    @Test func `proves everything that it says is defended`() throws {
        let text = try Repository.text(of: "docs/explanation/threat-model.md")
        let defended = try #require(text.firstMatch(of: #/(?s)\n## What is defended\n(.*?)\n## /#)).1
        let rows = defended.split(separator: "\n").filter { $0.hasPrefix("| ") }
            .filter { !$0.hasPrefix("| what |") && !$0.hasPrefix("| ---") }
        #expect(rows.count > 25)
        for row in rows { #expect(!claims(in: row).isEmpty, "\(row)") }
    }
}

/// `config convert` against the readers: it must know which options add up when they are repeated.
@Suite struct `The shapes of options` {
    @Test func `name every option of which several count`() throws {
        let shapes = try Repository.text(of: "Sources/ConfigurationTree/Writing/OptionShape.swift")
        var options: Set<String> = []
        for file in Repository.files(below: "Sources", suffix: ".swift") {
            for match in try Repository.text(of: file).matches(
                of: /\.(?:words|list|minutes|stickyFlag)\("([a-z_-]+)"\)/)
            {
                options.insert(String(match.1))
            }
        }
        #expect(options.count >= 8)
        for option in options { #expect(shapes.contains("\"\(option)\")"), "\(option)") }
    }
}
