import ActiveResponse
import Alerts
import ConfigurationTree
import Policy

/// Follows an alert through the decision, the order and the order's check to the words of the script.
struct ResponseCheck {
    private static let fields = [
        "data.dstuser", "data.srcip", "data.command", "syscheck.path", "full_log", "rule.description", "agent.name",
    ]
    private static let agents = AgentDirectory([.init(id: "001", name: "web-03"), .init(id: "007", name: "db")])
    /// What the manager does not check, since it goes to the script of every response: the machine that runs it does.
    private static let leftToTheAgent = ["the alert id ", "the rule id "]

    private static let policy: Policy = {
        let place = SourceLocation(file: "policy", line: 1, column: 1)
        func response(
            _ name: String, _ location: ResponseLocation, expect: ExpectedFields = [], words: [String] = [],
            level: Int? = 1, rules: [String] = [], groups: GroupCondition? = nil
        ) -> ActiveResponseDefinition {
            let command = CommandDefinition(
                name: name, executable: name, expect: expect, timeoutAllowed: true, extraArguments: words,
                location: place)
            return ActiveResponseDefinition(
                name: name, command: command, location: location, level: level, ruleIDs: rules, groups: groups,
                timeout: .seconds(600), sourceLocation: place)
        }
        return Policy(
            responses: [
                response("address", .local, expect: .sourceAddress), response("file", .server, expect: .filename),
                response("user", .all, expect: .user, words: ["-x"]),
                response("anything", .definedAgent(["7", "web-03"])),
                response("rule", .local, level: nil, rules: ["5712"]),
                response("pattern", .local, level: nil, groups: .pattern("sshd|^web,")),
                response("names", .local, level: 7, groups: .names(["sshd", "pci_dss_11.4"])),
            ] + fields.map { response($0, .server, words: ["$\($0)", "literal"]) })
    }()

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        let line = bytes.withUnsafeBytes { LineRepair.wellFormed($0) }
        guard let alert = try? Alert(json: line) else { return }
        let decisions = Self.policy.decide(alert, agents: Self.agents)
        let explained = Self.policy.explain(alert, agents: Self.agents)
        try demand(decisions.filter(isFiring) == explained.filter(isFiring), "decide and explain differ")
        try demand(mayFire(line) == !decisions.isEmpty, "the candidate test and decide differ")
        for decision in decisions {
            guard case .fires(let targets, let arguments) = decision.outcome else { continue }
            try demand(!targets.isEmpty, "fires nowhere")
            try check(order(alert, decision.response, arguments), arguments, alert)
        }
    }

    private func isFiring(_ decision: Decision) -> Bool {
        if case .fires = decision.outcome { true } else { false }
    }

    /// The answer of the hot path, which must be the same when the cache is warm.
    private func mayFire(_ line: [UInt8]) -> Bool? {
        line.withUnsafeBytes { line in
            var scanner = AlertScanner()
            var cache = CandidateCache()
            guard let fields = try? scanner.scan(line) else { return nil }
            let cold = Self.policy.mayFire(fields, line: line, cache: &cache)
            return cold == Self.policy.mayFire(fields, line: line, cache: &cache) ? cold : nil
        }
    }

    private func order(
        _ alert: Alert, _ response: ActiveResponseDefinition, _ arguments: ResponseArguments
    ) -> Order {
        Order(
            id: .of(alertIdentity: alert.identity.bytes, activeResponse: response.name, agent: "001", action: "add"),
            command: response.command.name, activeResponse: response.name, executable: response.command.executable,
            user: arguments.user, sourceAddress: arguments.sourceAddress, filename: arguments.filename,
            alertID: alert.id, ruleID: alert.ruleID, agentName: "web-03", agentID: "001",
            extraArguments: arguments.extraArguments, timeout: 600, execTimeout: 60,
            alertRaisedAt: alert.raisedAt ?? 0, alertJSON: alert.json, managerName: "manager")
    }

    private func check(_ order: Order, _ arguments: ResponseArguments, _ alert: Alert) throws(Violation) {
        guard let received = try? Order(encoded: order.encoded()) else { throw Violation("an order cannot be read") }
        try demand(received == order, "an order changes on its way")
        if let reason = received.reasonToRefuse {
            try demand(
                Self.leftToTheAgent.contains { reason.hasPrefix($0) },
                "the agent refuses what the manager let through: \(reason)")
            return
        }
        let invocation = try InvocationCheck(received).run()
        try demand(
            invocation.arguments.dropFirst(2).map { Array($0.utf8) }
                == ([
                    arguments.user ?? "-", arguments.sourceAddress ?? "-", alert.id, alert.ruleID, "web-03",
                    arguments.filename ?? "-",
                ] + arguments.extraArguments).map { Array($0.utf8) }, "the words are not what was decided")
        guard let line = invocation.line, let message = ReferenceJSON(Array(line.utf8)) else {
            throw Violation("the line for the script is no JSON")
        }
        try demand(message["parameters"]?["alert"] == ReferenceJSON(alert.json), "the script gets another alert")
    }
}
