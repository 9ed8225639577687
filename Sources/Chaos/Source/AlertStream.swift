import ChaosChecking
import TestSupport

/// The alerts of a drill, drawn from its seed, and what the policy makes of each.
struct AlertStream: Sendable {
    /// What responds to an alert, by its rule.
    struct Response: Sendable {
        let rule: String
        let name: String
        /// Whether it runs on the manager itself.
        let isOnServer: Bool
        /// In seconds; 0 for a stateless one.
        let timeout: Int
        /// Of 100 alerts so many are for it.
        let share: Int
    }

    static let responses = [
        Response(rule: "100001", name: "note", isOnServer: false, timeout: 0, share: 45),
        Response(rule: "100002", name: "ban", isOnServer: false, timeout: 3, share: 35),
        // Still due at the end.
        Response(rule: "100003", name: "hold", isOnServer: false, timeout: 7200, share: 10),
        Response(rule: "100004", name: "note-here", isOnServer: true, timeout: 0, share: 10),
    ]

    /// The configuration that goes with them.
    static let policy =
        "<command><name>record</name><executable>record</executable><timeout_allowed>yes</timeout_allowed></command>\n"
        + responses.map { response in
            """
            <active-response>
              <name>\(response.name)</name><command>record</command>
              <location>\(response.isOnServer ? "server" : "local")</location>
              <rules_id>\(response.rule)</rules_id><timeout>\(response.timeout)</timeout>
            </active-response>

            """
        }.joined()

    private let agents: Int
    private var generator: SeededGenerator
    private var number = 0

    init(agents: Int, seed: UInt64) {
        self.agents = agents
        generator = SeededGenerator(seed: ~seed)
    }

    static func agentID(_ agent: Int) -> String {
        let digits = String(agent + 1)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }

    static func agentName(_ agent: Int) -> String { "agent-\(agent + 1)" }

    mutating func repeatsLine() -> Bool { Int.random(in: 0..<50, using: &generator) == 0 }

    mutating func next() -> (line: String, expectation: Expectation) {
        number += 1
        let agent = Int.random(in: 0..<agents, using: &generator)
        let response = drawResponse()
        let id = "1744557901.\(number)"
        // Every alert has an address of its own, so that no response is settled with another one that is active.
        let address = "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
        let line = Fleet.alert(
            id: id, agent: Self.agentName(agent), agentID: Self.agentID(agent), srcip: address, rule: response.rule)
        return (
            line + "\n",
            Expectation(
                alert: id, activeResponse: response.name, agent: response.isOnServer ? "000" : Self.agentID(agent),
                timeout: response.timeout > 0 ? Int64(response.timeout) * 1_000_000_000 : nil,
                emitted: MonotonicClock.now())
        )
    }

    private mutating func drawResponse() -> Response {
        var left = Int.random(in: 0..<100, using: &generator)
        for response in Self.responses {
            left -= response.share
            if left < 0 { return response }
        }
        return Self.responses[0]
    }
}
