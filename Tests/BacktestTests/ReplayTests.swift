import Policy
import Testing

@testable import Backtest

/// Numbers computed by hand.
@Suite struct `A replayed history` {
    /// Bans of 10 minutes, for repeated offenders half an hour; an account that is locked on the manager.
    private static let candidate = """
        <global><white_list>10.0.0.0/8</white_list></global>
        <active-response><command>ban</command><location>local</location><level>7</level><timeout>600</timeout>
        <repeated_offenders>30</repeated_offenders></active-response>
        <active-response><command>lock</command><location>server</location><rules_id>100</rules_id></active-response>
        """
    private static let history = [
        alert("1", at: "12:00:00", srcip: "192.0.2.1"),  // A until 12:10
        alert("2", at: "12:01:00", srcip: "192.0.2.2", level: 8),  // B until 12:11, two
        alert("3", at: "12:05:00", srcip: "192.0.2.1"),  // A until 12:35
        alert("4", at: "12:06:00", srcip: "10.1.2.3"),  // white-listed
        alert("5", at: "12:07:00"),  // no address
        alert("6", at: "12:12:00", srcip: "192.0.2.3"),  // C until 12:22, two: B is over
        alert("7", at: "12:13:00", srcip: "192.0.2.4", agent: ("002", "web-2")),  // D until 12:23, three
        alert("8", at: "12:36:00", srcip: "192.0.2.1"),  // A anew, for half an hour: one
        alert("9", at: "12:37:00", srcip: "192.0.2.9", level: 3),  // no match
        alert("1", at: "12:00:00", srcip: "192.0.2.1"),  // seen before
        alert("10", at: "12:38:00", user: "bob", level: 3, rule: "100"),
        "no alert", "",
    ]

    @Test func `counts what runs, what is prolonged and what is in force at once`() throws {
        let report = try report(Self.history, candidate: Self.candidate)
        let ban = report.responses[0]
        #expect(ban.fired == 6)
        #expect(ban.runs == 5)
        #expect(ban.prolonged == 1)
        #expect(ban.lengthened == 2)
        #expect(ban.peak == .init(count: 3, at: try moment("12:13:00")))
        #expect(ban.first == (try moment("12:00:00")))
        #expect(ban.last == (try moment("12:36:00")))
        #expect(ban.targets.distinct == 4 && ban.targets.total == 6 && ban.targets.isComplete)
        #expect(ban.targets.top.map(\.value.sourceAddress) == ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"])
        #expect(ban.targets.top.map(\.count) == [3, 1, 1, 1])
        #expect(ban.machines.top.map(\.value) == [.agent("001"), .agent("002")])
        #expect(ban.machines.top.map(\.count) == [5, 1])
        let lock = report.responses[1]
        #expect(lock.fired == 1 && lock.runs == 1 && lock.prolonged == 0 && lock.peak == nil)
        #expect(lock.targets.top.map(\.value.user) == ["bob"])
        #expect(lock.machines.top.map(\.value) == [.server])
        #expect(report.peak == .init(count: 3, at: try moment("12:13:00")))
        #expect(report.fired == 7)
        #expect(report.matched == 10)
        #expect(report.repeated == 1)
        #expect(report.differences == nil)
    }

    @Test func `tells what the white list prevents from what cannot run`() throws {
        let ban = try report(Self.history, candidate: Self.candidate).responses[0]
        #expect(ban.whiteListed.top.map(\.value.source) == ["10.1.2.3"])
        #expect(ban.whiteListed.top.map(\.value.reason) == ["10.1.2.3 is white-listed by 10.0.0.0/8"])
        #expect(ban.whiteListed.total == 1)
        #expect(ban.reasons.total == 1)
        #expect(ban.reasons.top.first?.value.hasPrefix("expects srcip, but the alert has none") == true)
    }

    @Test func `names the lines that are no alerts`() throws {
        let file = try #require(try report(Self.history, candidate: Self.candidate).files.first)
        #expect(file.alerts == 11)
        #expect(file.invalid == 1)
        #expect(file.firstInvalid?.line == 12)
        #expect(file.firstInvalid?.error.hasPrefix("the line is not JSON") == true)
    }

    @Test func `compares with the current configuration response by response`() throws {
        let current = """
            <active-response><command>ban</command><location>local</location><level>10</level></active-response>
            <active-response><name>old</name><command>ban</command><location>local</location><level>8</level>
            </active-response>
            """
        let report = try report(Self.history, candidate: Self.candidate, current: current)
        let differences = try #require(report.differences)
        #expect(differences.map(\.name) == ["ban", "lock", "old"])
        #expect(differences.map(\.change) == [.other, .new, .gone])
        // Alert 2 has level 8; alert 4 is white-listed only by the candidate.
        let ban = differences[0]
        #expect([ban.candidate, ban.current, ban.onlyCandidate, ban.onlyCurrent] == [6, 6, 1, 1])
        #expect(
            ban.examples == [
                .init(
                    alertID: "2", raisedAt: try moment("12:01:00"), file: "history.json", line: 2, only: .candidate,
                    reason: "its level, rules_group and rules_id do not match"),
                .init(
                    alertID: "4", raisedAt: try moment("12:06:00"), file: "history.json", line: 4, only: .current,
                    reason: "10.1.2.3 is white-listed by 10.0.0.0/8"),
            ])
        #expect(differences[1].onlyCandidate == 1 && differences[1].current == 0)
        #expect(differences[1].examples.first?.reason == "there is no active response of that name")
        #expect(differences[2].onlyCurrent == 7 && differences[2].candidate == 0)
        #expect(differences[2].examples.count == 3)
    }

    @Test func `says more, less and same`() throws {
        func change(_ candidate: Int, _ current: Int) throws -> BacktestReport.Change? {
            func text(_ level: Int) -> String {
                "<active-response><command>ban</command><location>local</location><level>\(level)</level>"
                    + "</active-response>"
            }
            let report = try report(Self.history, candidate: text(candidate), current: text(current))
            return report.differences?.first?.change
        }
        #expect(try change(7, 10) == .more)
        #expect(try change(10, 7) == .less)
        #expect(try change(9, 10) == .same)
    }

    @Test func `a disabled response counts as not there`() throws {
        let text = "<active-response><command>ban</command><location>local</location><level>7</level>"
        let report = try report(
            Self.history, candidate: text + "<disabled>yes</disabled></active-response>",
            current: text + "</active-response>")
        #expect(report.responses.isEmpty)
        #expect(report.differences?.map(\.change) == [.gone])
    }

    @Test func `without a list, the agents are those of the alerts and of the configuration`() throws {
        let candidate = """
            <active-response><command>ban</command><location>all</location><level>9</level></active-response>
            <active-response><name>db</name><command>ban</command><location>defined-agent</location>
            <agent_id>007</agent_id><level>9</level></active-response>
            <active-response><name>here</name><command>ban</command><location>local</location><level>9</level>
            </active-response>
            """
        let lines = [
            alert("1", at: "12:00:00", srcip: "192.0.2.1"),
            alert("2", at: "12:00:01", srcip: "192.0.2.1", agent: ("002", "web-2")),
            alert("3", at: "12:00:02", srcip: "192.0.2.1", agent: ("003", "WEB-2")),
            alert("4", at: "12:00:03", srcip: "192.0.2.1", agent: ("000", "soc")),
        ]
        let report = try report(lines, candidate: candidate, agents: .fromAlerts)
        #expect(report.agents.map(\.id) == ["001", "003", "007"])
        #expect(report.responses.map(\.fired) == [4, 4, 4])
        // The manager, 007 and those seen so far: 3 + 4 + 4 + 4.
        #expect(report.responses[0].runs == 15)
        let machines = report.responses[2].machines.top.map(\.value)
        #expect(machines == [.server, .agent("001"), .agent("002"), .agent("003")])
    }
}
