import ChaosChecking

/// Small pieces of evidence in which every promise was kept, for tests to spoil.
enum Scene {
    static let second: Int64 = 1_000_000_000
    /// Wall clock of the moment 0 of the monotonic clock, in unix milliseconds.
    static let wallZero: Int64 = 1_700_000_000_000
    static let agent = "001"

    static func run(_ action: RecordedRun.Action, at seconds: Double, of dispatch: String = "d1") -> RecordedRun {
        RecordedRun(
            action, dispatch: dispatch, alert: "a1", agent: agent, at: Int64(seconds * 1e9),
            wall: wallZero + Int64(seconds * 1000))
    }

    static func killed(from: Double, to: Double, agent: String = agent) -> Outage {
        outage(.killed, from, to, agent)
    }

    static func stopped(from: Double, to: Double) -> Outage { outage(.stopped, from, to, agent) }

    private static func outage(_ cause: Outage.Cause, _ from: Double, _ to: Double, _ agent: String) -> Outage {
        Outage(agent: agent, cause: cause, from: Int64(from * 1e9), to: Int64(to * 1e9))
    }

    /// One alert at 1 s, run at 1.1 s, done.
    static var stateless: Evidence {
        var evidence = Evidence()
        evidence.expectations = [
            Expectation(alert: "a1", activeResponse: "note", agent: agent, timeout: nil, emitted: second)
        ]
        evidence.runs = [run(.add, at: 1.1)]
        evidence.ledger = [
            LedgerEntry(
                id: "d1", state: "done", activeResponse: "note", agent: agent, alert: "a1",
                timeline: ["decided", "queued", "delivered", "started", "finished"])
        ]
        evidence.open = [agent: []]
        evidence.endWall = wallZero + 60_000
        return evidence
    }

    /// One alert at 1 s, run at 1.1 s, due after 10 s and undone at 11.1 s.
    static var stateful: Evidence {
        var evidence = stateless
        evidence.expectations[0].timeout = 10 * second
        evidence.runs = [run(.add, at: 1.1), run(.delete, at: 11.1)]
        evidence.ledger[0].state = "undone"
        evidence.ledger[0].undoDue = wallZero + 11_100
        evidence.ledger[0].timeline = ["decided", "queued", "delivered", "started", "active", "undoing", "undone"]
        return evidence
    }

    /// The stateful one with a timeout of an hour, of which a minute has passed.
    static var stillDue: Evidence {
        var evidence = stateful
        evidence.expectations[0].timeout = 3600 * second
        evidence.runs = [run(.add, at: 1.1)]
        evidence.ledger[0].state = "active"
        evidence.ledger[0].undoDue = wallZero + 3_601_100
        evidence.ledger[0].timeline = nil
        evidence.open = [agent: ["d1"]]
        return evidence
    }

    /// The promises that the checker finds broken in evidence after a change.
    static func broken(_ evidence: Evidence, _ change: (inout Evidence) -> Void = { _ in }) -> [Violation.Promise] {
        var evidence = evidence
        change(&evidence)
        return Checker.violations(in: evidence).map(\.promise)
    }
}
