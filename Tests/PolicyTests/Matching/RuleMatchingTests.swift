import Alerts
import Policy
import Testing

/// (level AND groups, when both are given) OR rule id.
struct RuleMatchingTests {
    @Test(arguments: [(6, false), (7, true), (8, true), (16, true)])
    func `a level means that level or higher`(level: Int, fires: Bool) throws {
        let refused = reason(response(level: 7), try alert(level: level))
        #expect(refused == (fires ? nil : "rule level \(level) is below 7"))
    }

    @Test func `an alert without a level has level 0`() throws {
        let alert = try Alert(json: Array(#"{"id":"1","rule":{"id":"1"},"manager":{"name":"m"}}"#.utf8))
        #expect(reason(response(level: 1), alert) == "rule level 0 is below 1")
        #expect(reason(response(level: 1, ruleIDs: ["1"]), alert) == nil)
    }

    @Test(arguments: [
        (10, ["sshd"], true), (10, ["web"], false), (6, ["sshd"], false), (6, ["web"], false),
    ])
    func `level and groups must both match when both are given`(level: Int, groups: [String], fires: Bool) throws {
        let both = response(level: 7, groups: .pattern("sshd"))
        #expect((reason(both, try alert(level: level, groups: groups)) == nil) == fires)
    }

    @Test func `a rule id is enough whatever level and groups say`() throws {
        let all = response(level: 7, ruleIDs: ["100", "5712"], groups: .pattern("web"))
        #expect(reason(all, try alert(level: 1, rule: "5712")) == nil)
        #expect(reason(all, try alert(level: 9, rule: "1", groups: ["web"])) == nil)
        #expect(
            reason(all, try alert(level: 5, rule: "1", groups: ["web"]))
                == "rule level 5 is below 7; rule id 1 is not in 100, 5712")
        #expect(
            reason(all, try alert(level: 9, rule: "1"))
                == #"rule groups "syslog,sshd," do not match "web"; rule id 1 is not in 100, 5712"#)
    }

    @Test func `a response that is only for rule ids fires for no other`() throws {
        let only = response(ruleIDs: ["5712", "5720"])
        #expect(reason(only, try alert(level: 16, rule: "5720")) == nil)
        #expect(reason(only, try alert(level: 16, rule: "100")) == "rule id 100 is not in 5712, 5720")
        #expect(reason(only, try alert(rule: "57120")) == "rule id 57120 is not in 5712, 5720")
    }

    @Test func `a rule id is compared as a number`() throws {
        #expect(reason(response(ruleIDs: ["5712"]), try alert(rule: "005712")) == nil)
        let number = try Alert(json: Array(#"{"id":"1","rule":{"id":5712}}"#.utf8))
        #expect(reason(response(ruleIDs: ["5712"]), number) == nil)
    }

    @Test func `compliance tags are part of the group string`() throws {
        let alert = try alert(tags: #","pci_dss":["11.4"],"gdpr":["IV_35.7.d"]"#)
        #expect(reason(response(groups: .pattern("pci_dss_11.4")), alert) == nil)
        #expect(reason(response(groups: .pattern("sshd,pci_dss")), alert) == nil)
        #expect(reason(response(groups: .names(["GDPR_IV_35.7.d"])), alert) == nil)
        #expect(reason(response(groups: .pattern("hipaa")), alert) != nil)
    }

    @Test func `names are whole names`() throws {
        let alert = try alert(groups: ["syslog", "authentication_failed"])
        #expect(reason(response(groups: .names(["web", "Authentication_Failed"])), alert) == nil)
        #expect(
            reason(response(groups: .names(["web", "auth"])), alert)
                == #"rule groups "syslog,authentication_failed," hold none of web, auth"#)
    }

    @Test func `a response without any condition never fires`() throws {
        let none = "it has none of level, rules_group and rules_id, so nothing fires it"
        #expect(reason(response(), try alert(level: 16)) == none)
        #expect(reason(response(level: 0), try alert(level: 16)) == none, "level 0 is how the peers write none")
    }

    @Test func `a pattern that cannot be read matches nothing and says why`() throws {
        let refused = reason(response(groups: .pattern(#"\q"#)), try alert())
        #expect(refused?.hasPrefix(#"the pattern "\q" can match nothing: "#) == true)
    }

    @Test func `a disabled response does not fire`() throws {
        #expect(reason(response(level: 1, disabled: true), try alert()) == "it is disabled")
        #expect(Policy(responses: [response(level: 1, disabled: true)]).decide(try alert(), agents: enrolled).isEmpty)
    }

    @Test func `a long list of ids is cut in a reason`() throws {
        let refused = reason(response(ruleIDs: (1...30).map(String.init)), try alert())
        #expect(refused?.hasSuffix("19, 20 and 10 more") == true)
    }

    @Test func `decisions come in configuration order, and only for what matches`() throws {
        let policy = Policy(responses: [
            response("a", level: 3), response("b", level: 15), response("c", ruleIDs: ["5712"]),
            response("d", expect: .user, level: 3), response("e", level: 3, disabled: true),
        ])
        let alert = try alert()
        #expect(policy.decide(alert, agents: enrolled).map(\.response.name) == ["a", "c", "d"])
        #expect(policy.explain(alert, agents: enrolled).map(\.response.name) == ["a", "b", "c", "d", "e"])
        let decided = policy.decide(alert, agents: enrolled)
        #expect(
            decided == policy.explain(alert, agents: enrolled).filter { decided.map(\.response).contains($0.response) })
    }

    @Test func `an observed response is decided like any other`() throws {
        let decisions = Policy(responses: [response(level: 1, mode: .observe)]).decide(try alert(), agents: enrolled)
        #expect(decisions.map(\.response.mode) == [.observe])
        #expect(decisions.first?.outcome.targets == [.server])
    }
}
