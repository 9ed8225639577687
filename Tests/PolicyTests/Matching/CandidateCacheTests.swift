import Alerts
import Policy
import Testing

struct CandidateCacheTests {
    /// Each response alone, so that the hot path's answer can only come from its own conditions.
    private static let responses = [
        response(level: 7), response(ruleIDs: ["5", "17"]), response(groups: .pattern("group_3|tag")),
        response(level: 5, groups: .names(["group_1", "pci_dss_2"])), response(level: 1, disabled: true), response(),
    ]

    @Test func `the hot path answers as deciding does, seen before or not`() throws {
        var generator = SeededGenerator(state: 8)
        for response in Self.responses {
            let policy = Policy(responses: [response])
            var cache = CandidateCache()
            for _ in 0..<400 {
                let alert = try Self.randomAlert(&generator)
                let expected = !policy.decide(alert, agents: enrolled).isEmpty
                #expect(try mayFire(policy, alert, cache: &cache) == expected)
                #expect(try mayFire(policy, alert, cache: &cache) == expected)
            }
        }
    }

    @Test func `a cache that served one policy answers for another`() throws {
        let strict = Policy(responses: [response(level: 12)])
        let lenient = Policy(responses: [response(level: 3)])
        var cache = CandidateCache()
        let alert = try alert(level: 10)
        for _ in 0..<3 {
            #expect(try !mayFire(strict, alert, cache: &cache))
            #expect(try mayFire(lenient, alert, cache: &cache))
        }
    }

    @Test func `more kinds of rules than the cache holds are answered all the same`() throws {
        let policy = Policy(responses: [response(ruleIDs: (0..<30_000).filter { $0 % 7 == 0 }.map(String.init))])
        var cache = CandidateCache()
        var wrong = 0
        for _ in 0..<2 {
            for number in 0..<20_000 {
                let text = #"{"id":"1","rule":{"id":\#(number)}}"#
                let answer = try Array(text.utf8).withUnsafeBytes { line in
                    var scanner = AlertScanner()
                    return policy.mayFire(try scanner.scan(line), line: line, cache: &cache)
                }
                if answer != (number % 7 == 0) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test func `a rule too long to be remembered is answered`() throws {
        let policy = Policy(responses: [response(groups: .pattern("needle"))])
        var cache = CandidateCache()
        for length in [10, 2000, 2040, 2048, 2060, 5000, 100_000] {
            let filler = String(repeating: "x", count: length)
            for _ in 0..<2 {
                #expect(try mayFire(policy, try alert(groups: [filler, "needle"]), cache: &cache))
                #expect(try !mayFire(policy, try alert(groups: [filler, "hay"]), cache: &cache))
            }
        }
    }

    /// The same bytes shared out differently between id, groups and tags are different keys.
    @Test func `values are not confused with those beside them`() throws {
        let policy = Policy(responses: [response(groups: .pattern("pci_dss_1,"))])
        var cache = CandidateCache()
        #expect(try mayFire(policy, try alert(groups: [], tags: #","pci_dss":["1"]"#), cache: &cache))
        #expect(try !mayFire(policy, try alert(groups: [], tags: #","gdpr":["1"]"#), cache: &cache))
        #expect(try !mayFire(policy, try alert(groups: ["1"]), cache: &cache))
    }

    private static func randomAlert(_ generator: inout SeededGenerator) throws -> Alert {
        let groups = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            "group_\(Int.random(in: 0...9, using: &generator))"
        }
        let tag = Int.random(in: 0...5, using: &generator)
        return try alert(
            level: Int.random(in: 0...10, using: &generator), rule: "\(Int.random(in: 0...20, using: &generator))",
            groups: groups, tags: tag < 4 ? #","pci_dss":["\#(tag)"]"# : "")
    }
}
