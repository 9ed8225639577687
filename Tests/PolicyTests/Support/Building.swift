import Alerts
import ConfigurationTree
import Policy

/// A response with what a test is about; the rest is harmless.
func response(
    _ name: String = "ban", expect: ExpectedFields = [], extraArguments: [String] = [],
    location: ResponseLocation = .server,
    level: Int? = nil, ruleIDs: [String] = [], groups: GroupCondition? = nil, disabled: Bool = false,
    mode: ResponseMode = .enforce, whiteList: WhiteList = WhiteList()
) -> ActiveResponseDefinition {
    let place = SourceLocation(file: "test.conf", line: 1, column: 1)
    let command = CommandDefinition(
        name: "command", executable: "script", expect: expect, extraArguments: extraArguments, location: place)
    return ActiveResponseDefinition(
        name: name, command: command, location: location, level: level, ruleIDs: ruleIDs, groups: groups,
        disabled: disabled, mode: mode, whiteList: whiteList, sourceLocation: place)
}

/// An alert of the agent `web-03` (003).
func alert(
    level: Int = 10, rule: String = "5712", groups: [String] = ["syslog", "sshd"], tags: String = "", data: String = "",
    more: String = "", agent: String = #""agent":{"id":"003","name":"web-03"},"#
) throws -> Alert {
    let groups = groups.map { #""\#($0)""# }.joined(separator: ",")
    let text =
        #"{"timestamp":"2025-04-13T15:25:01.482+0000","rule":{"level":\#(level),"id":"\#(rule)","groups":[\#(groups)]\#(tags)},\#(agent)"manager":{"name":"soc-mgr"},"id":"1744557901.918273","data":{\#(data)}\#(more)}"#
    return try Alert(json: Array(text.utf8))
}

let enrolled = AgentDirectory([
    .init(id: "003", name: "web-03"), .init(id: "001", name: "db-01"), .init(id: "1000", name: "Edge"),
])

/// What an alert means for a single response.
func outcome(
    _ response: ActiveResponseDefinition, _ alert: Alert, agents: AgentDirectory = enrolled,
    whiteList: WhiteList = WhiteList(), agentMatch: AgentMatch = .name
) -> Decision.Outcome? {
    Policy(responses: [response], whiteList: whiteList, agentMatch: agentMatch).explain(alert, agents: agents)
        .first?.outcome
}

/// Why a single response does not fire; nil when it does.
func reason(
    _ response: ActiveResponseDefinition, _ alert: Alert, agents: AgentDirectory = enrolled,
    whiteList: WhiteList = WhiteList(), agentMatch: AgentMatch = .name
) -> String? {
    guard
        case .skipped(let reason) = outcome(
            response, alert, agents: agents, whiteList: whiteList, agentMatch: agentMatch)
    else { return nil }
    return reason
}

extension Decision.Outcome {
    var targets: [Target] {
        if case .fires(let targets, _) = self { return targets }
        return []
    }

    var arguments: ResponseArguments? {
        if case .fires(_, let arguments) = self { return arguments }
        return nil
    }
}

/// The answer of the hot path.
func mayFire(_ policy: Policy, _ alert: Alert, cache: inout CandidateCache) throws -> Bool {
    try alert.json.withUnsafeBytes { line in
        var scanner = AlertScanner()
        return policy.mayFire(try scanner.scan(line), line: line, cache: &cache)
    }
}

struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
