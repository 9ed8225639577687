import Foundation
import TestSupport
import Testing

@Suite struct `The repository` {
    @Test func `the top level holds exactly what was agreed`() throws {
        let agreed: Set<String> = [
            "Package.swift", "Sources", "Tests", "active-response", "etc", "scripts", "docs", "README.md", "LICENSE",
        ]
        let present = try FileManager.default.contentsOfDirectory(atPath: Repository.path)
            .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
        #expect(Set(present) == agreed)
    }

    @Test func `no source forces what can fail`() throws {
        // Traps that outside input could reach. A deliberate one would have to be argued for here.
        let forbidden = [/\btry!/, /\bas!/, /\bfatalError\(/, /\bpreconditionFailure\(/]
        for file in Repository.files(below: "Sources", suffix: ".swift") {
            let text = try Repository.text(of: file)
            for pattern in forbidden { #expect(text.firstMatch(of: pattern) == nil, "\(file)") }
        }
    }

    @Test func `every unchecked claim of safety says why`() throws {
        for file in Repository.files(below: "Sources", suffix: ".swift") {
            let lines = try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated()
            where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                let before = lines[max(0, number - 6)...number]
                #expect(before.contains { $0.contains("//") }, "\(file):\(number + 1) needs a comment")
            }
        }
    }

    @Test func `every link in the documentation leads somewhere`() throws {
        let pages = ["README.md"] + Repository.files(below: "docs", suffix: ".md")
        for page in pages {
            let folder = (page as NSString).deletingLastPathComponent
            for match in try Repository.text(of: page).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                let target = Repository.path + "/" + (folder.isEmpty ? "" : folder + "/") + match.1
                #expect(FileManager.default.fileExists(atPath: target), "\(page) links to \(match.1)")
            }
        }
    }
}
