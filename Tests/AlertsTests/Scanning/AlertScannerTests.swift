import Alerts
import Testing

struct AlertScannerTests {
    @Test func `the samples are alerts with their levels`() throws {
        #expect(try Samples.all.map { try scan($0).level } == [10, 7, 5])
    }

    @Test(arguments: [
        (#"[]"#, AlertError.notAnObject), ("3", .notAnObject), (#""a""#, .notAnObject),
        (#"[{"id":"1","rule":{"id":"1"}}]"#, .notAnObject), ("{}", .missing(.id)),
        (#"{"id":"1"}"#, .missing(.ruleID)), (#"{"id":"1","rule":{}}"#, .missing(.ruleID)),
        (#"{"id":"1","rule":null}"#, .missing(.ruleID)), (#"{"id":"1","rule":"5712"}"#, .missing(.ruleID)),
        (#"{"id":"1","rule":[{"id":"5712"}]}"#, .missing(.ruleID)), (#"{"id":"","rule":{"id":"1"}}"#, .missing(.id)),
        (#"{"id":null,"rule":{"id":"1"}}"#, .missing(.id)), (#"{"id":{},"rule":{"id":"1"}}"#, .invalid(.id)),
        (#"{"id":"1","rule":{"id":[1]}}"#, .invalid(.ruleID)), (#"{"id":"1","rule":{"id":true}}"#, .invalid(.ruleID)),
        (#"{"id":"1","rule":{"id":"1","level":"high"}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":-1}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":7.5}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":1001}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":99999999999999999999999}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":""}}"#, .invalid(.ruleLevel)),
        (#"{"id":"1","rule":{"id":"1","level":[7]}}"#, .invalid(.ruleLevel)),
        (#"{"rule":{"id":"1"},"data":{"id":"1"}}"#, .missing(.id)),
        (#"{"id":"1","rule":{"mitre":{"id":"1"}}}"#, .missing(.ruleID)),
        (#"{"id":"1","data":{"id":"5"},"rule":{}}"#, .missing(.ruleID)),
        ("", .notJSON(.empty, offset: 0)), ("  \n", .notJSON(.empty, offset: 3)),
        (#"{"id":"1""#, .notJSON(.truncated, offset: 9)), ("{} {}", .notJSON(.trailingText, offset: 3)),
        ("{\"a\":\"\u{2}\"}", .notJSON(.controlCharacter, offset: 6)),
        (#"{"a":"\q"}"#, .notJSON(.invalidEscape, offset: 6)),
        (#"{"a":"\ud8001"}"#, .notJSON(.loneSurrogate, offset: 6)), (#"{"a":-}"#, .notJSON(.invalidNumber, offset: 6)),
        ("Apr 13 sshd: no JSON", .notJSON(.unexpectedByte, offset: 0)),
    ])
    func `a line that is no alert is refused with the reason`(text: String, expected: AlertError) {
        #expect(error(text) == expected)
    }

    @Test(arguments: [
        (#"{"id":1.5,"rule":{"id":5712}}"#, 0), (#"{"id":"1","rule":{"id":"1","level":null}}"#, 0),
        (#"{"id":"1","rule":{"id":"1","level":"12"}}"#, 12), (#"{"rule":{"level":3,"id":"1"},"id":"1"}"#, 3),
        (#" { "rule" : { "level" : 16 , "id" : "1" } , "id" : "1" } "#, 16),
        (#"{"id":"1","rule":{"id":"1","level":0}}"#, 0),
    ])
    func `numbers and strings are accepted where Wazuh writes one of them`(text: String, level: Int) throws {
        #expect(try scan(text).level == level)
    }

    @Test func `of members with the same key the first counts`() throws {
        let twice = try alert(
            #"{"id":"1","id":"2","rule":{"id":"10","level":3,"id":"11","level":15,"groups":["a"],"groups":["b"]},"rule":{"id":"12","level":16},"data":{"srcip":"192.0.2.1","srcip":"192.0.2.2"},"data":{"srcip":"192.0.2.3","user":"eve"}}"#
        )
        #expect(twice.id == "1")
        #expect(twice.rule == RuleFacts(id: "10", level: 3, groups: ["a"]))
        #expect(twice.sourceAddressText == "192.0.2.1")
        #expect(twice.user == nil)
    }

    @Test func `a first member that is null or of another kind hides a second one`() {
        #expect(error(#"{"id":"1","rule":null,"rule":{"id":"1"}}"#) == .missing(.ruleID))
        #expect(error(#"{"id":null,"id":"1","rule":{"id":"1"}}"#) == .missing(.id))
        #expect(throws: Never.self) {
            let alert = try alert(#"{"id":"1","rule":{"id":"1"},"data":"x","data":{"srcip":"192.0.2.1"}}"#)
            #expect(alert.sourceAddressText == nil)
        }
    }

    @Test func `a key with escapes is the same key`() throws {
        let escaped = try alert(
            #"{"\u0069d":"1","\u0072\u0075\u006C\u0065":{"\u0069\u0064":"10","l\u0065vel":9,"gro\u0075ps":["a"],"pci\u005fdss":["1"],"nist_\u0038\u0030\u0030_53":["2"]},"rule":{"id":"11"},"d\u0061ta":{"src\u0069p":"192.0.2.1","srcip":"192.0.2.2"}}"#
        )
        #expect(escaped.rule == RuleFacts(id: "10", level: 9, groups: ["a"], tags: ["pci_dss_1", "nist_800_53_2"]))
        #expect(escaped.sourceAddressText == "192.0.2.1")
        #expect(escaped.id == "1")
    }

    @Test func `keys that only resemble ours are others`() {
        #expect(error(#"{"ID":"1","rule":{"id":"1"}}"#) == .missing(.id))
        #expect(error(#"{"id\u0000":"1","rule":{"id":"1"}}"#) == .missing(.id))
        #expect(error(#"{"id":"1","rule ":{"id":"1"}}"#) == .missing(.ruleID))
        #expect(error(#"{"id":"1","\u0072ules":{"id":"1"}}"#) == .missing(.ruleID))
    }

    @Test func `nesting is bounded, and up to the bound it is harmless`() {
        func nested(_ depth: Int) -> String {
            let inner = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return #"{"id":"1","rule":{"id":"1"},"data":\#(inner)}"#
        }
        #expect(error(nested(AlertScanner.maximumDepth - 1)) == nil)
        guard case .notJSON(.tooDeep, _) = error(nested(AlertScanner.maximumDepth)) else {
            Issue.record("a line that is nested too deeply was not refused as such")
            return
        }
        #expect(error(String(repeating: #"{"a":"#, count: 200_000)) != nil)
        #expect(error(String(repeating: "[{\"a\":", count: 100_000)) != nil)
    }

    @Test func `brackets of both kinds are told apart at every depth`() {
        var generator = SeededGenerator(state: 4)
        for _ in 0..<2000 {
            let kinds = (0..<Int.random(in: 1...300, using: &generator)).map { _ in Bool.random(using: &generator) }
            let opening = kinds.map { $0 ? #"{"a":"# : "[" }.joined()
            var closing = kinds.reversed().map { $0 ? "}" : "]" }
            #expect(isJSON(Array("\(opening)1\(closing.joined())".utf8)))
            let wrong = Int.random(in: 0..<closing.count, using: &generator)
            closing[wrong] = closing[wrong] == "}" ? "]" : "}"
            #expect(!isJSON(Array("\(opening)1\(closing.joined())".utf8)))
        }
    }

    @Test func `a line of the greatest length is read and a longer one refused`() {
        let head = #"{"id":"1","rule":{"id":"1"},"full_log":""#
        func line(_ length: Int) -> String {
            head + String(repeating: "x", count: length - head.utf8.count - 2) + "\"}"
        }
        #expect(error(line(AlertScanner.maximumLength)) == nil)
        #expect(error(line(AlertScanner.maximumLength + 1)) == .tooLong(bytes: AlertScanner.maximumLength + 1))
    }

    @Test func `a scanner is not disturbed by the lines before`() throws {
        var scanner = AlertScanner()
        let good = Array(Samples.ssh.utf8)
        for bad in ["[[[[", #"{"rule":{"id":"#, "", #"{"id":"1","rule":[["#] {
            #expect(throws: AlertError.self) { try Array(bad.utf8).withUnsafeBytes { try scanner.scan($0) } }
            #expect(try good.withUnsafeBytes { try scanner.scan($0).level } == 10)
        }
    }

    @Test func `each kind of error has a word of its own`() {
        let errors: [AlertError] = [
            .tooLong(bytes: 1), .notJSON(.truncated, offset: 0), .notJSON(.invalidUTF8, offset: 0),
            .notJSON(.tooDeep, offset: 0),
            .notAnObject, .missing(.id), .missing(.ruleID), .invalid(.ruleLevel), .invalid(.ruleID),
        ]
        #expect(
            errors.map(\.kind) == [
                "too_long", "not_json", "invalid_utf8", "too_deep", "not_an_object", "missing_id", "missing_rule_id",
                "invalid_rule_level", "invalid_rule_id",
            ])
        #expect(Set(errors.map(\.description)).count == errors.count)
    }

    /// Whatever a line holds, reading it and asking for everything must end without a trap.
    @Test func `random changes to alerts never crash`() {
        var generator = SeededGenerator(state: 5)
        var alerts = 0
        for round in 0..<8_000 {
            var bytes = Array(Samples.all[round % Samples.all.count].utf8)
            for _ in 0..<Int.random(in: 1...8, using: &generator) { JSONValidityTests.mutate(&bytes, &generator) }
            guard let alert = try? Alert(json: bytes) else { continue }
            alerts += 1
            #expect(!alert.id.isEmpty && !alert.ruleID.isEmpty)
            _ = (
                alert.identity.bytes, alert.groupText, alert.user, alert.sourceAddressTexts, alert.filename,
                alert.raisedAt
            )
            _ = (alert.text(at: "data.win.eventdata.ipAddress"), alert.text(at: "rule.groups"), alert.text(at: ""))
        }
        #expect(alerts > 200)
    }
}
