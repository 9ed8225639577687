/// Holds what was seen in a drill against what is promised (docs/explanation/architecture.md, "Never lose, never
/// repeat, never forget").
///
/// Pure: evidence in, violations out.
package struct Checker {
    /// How exact the clocks of the drill are, and how much time an agent has for what is due.
    package struct Tolerance: Sendable {
        /// An undo comes within this time of its moment, in nanoseconds of undisturbed time.
        package var lateness: Int64 = 1_000_000_000
        /// An undo never comes more than this before its moment: deadlines are kept in milliseconds.
        package var earliness: Int64 = 20_000_000
        /// How long after its start a run can still be under way, in nanoseconds: a kill later than that is no excuse.
        package var runLength: Int64 = 1_000_000_000

        package init() {}
    }

    let evidence: Evidence
    let tolerance: Tolerance
    let availability: Availability
    let torn: [String: Set<TornRecord.Kind>]
    private let runs: [String: [RecordedRun]]
    var violations: [Violation] = []

    private struct Cause: Hashable {
        let alert: String
        let activeResponse: String
        let agent: String
    }

    /// Checks everything.
    package static func violations(in evidence: Evidence, tolerance: Tolerance = Tolerance()) -> [Violation] {
        var checker = Checker(evidence, tolerance)
        checker.check()
        return checker.violations
    }

    private init(_ evidence: Evidence, _ tolerance: Tolerance) {
        self.evidence = evidence
        self.tolerance = tolerance
        availability = Availability(evidence.outages, canaries: evidence.canaries)
        runs = Dictionary(grouping: evidence.runs, by: \.dispatch).mapValues { $0.sorted { $0.at < $1.at } }
        torn = evidence.torn.reduce(into: [:]) { torn, record in
            if let dispatch = record.dispatch { torn[dispatch, default: []].insert(record.kind) }
        }
    }

    private mutating func check() {
        for death in evidence.deaths { report(.died, death) }
        let entries = Dictionary(grouping: evidence.ledger) {
            Cause(alert: $0.alert, activeResponse: $0.activeResponse, agent: $0.agent)
        }
        var expected: Set<Cause> = []
        for expectation in evidence.expectations {
            let cause = Cause(
                alert: expectation.alert, activeResponse: expectation.activeResponse, agent: expectation.agent)
            expected.insert(cause)
            guard let found = entries[cause], let entry = found.first else {
                report(
                    .notInLedger, agent: expectation.agent,
                    "alert \(expectation.alert), response \(expectation.activeResponse), emitted at "
                        + seconds(expectation.emitted))
                continue
            }
            if found.count > 1 {
                report(.twiceInLedger, entry, "alert \(entry.alert): \(found.map(\.id).joined(separator: ", "))")
            }
            check(expectation, entry, runs[entry.id] ?? [])
        }
        for (cause, found) in entries where !expected.contains(cause) {
            for entry in found { report(.unexpected, entry, "alert \(entry.alert), state \(entry.state)") }
        }
        let known = Set(evidence.ledger.map(\.id))
        for (dispatch, runs) in runs where !known.contains(dispatch) {
            violations.append(
                Violation(
                    promise: .unexpected, dispatch: dispatch, agent: runs.first?.agent,
                    detail: "ran, but the ledger does not know it: " + describe(runs)))
        }
        checkJournals()
    }

    private mutating func check(_ expectation: Expectation, _ entry: LedgerEntry, _ runs: [RecordedRun]) {
        let adds = runs.filter { $0.action == .add }
        let deletes = runs.filter { $0.action == .delete }
        // The one torn record that takes a promise back: see TornRecord.
        if adds.count > 1, !isTorn(entry, .started) { report(.ranTwice, entry, describe(adds)) }
        if adds.isEmpty, !mayHaveRunNothing(expectation, entry) {
            report(.neverRan, entry, "alert \(entry.alert), state \(entry.state), no run recorded")
        }
        if let timeout = expectation.timeout {
            checkStateful(expectation, timeout, entry, adds, deletes)
        } else {
            checkStateless(expectation, entry, adds, deletes)
        }
        checkTimeline(entry)
    }

    /// A kill between the journal's entry and the script's first instruction leaves a response of which nobody can
    /// know whether it ran: a stateless one must not be tried again.
    private func mayHaveRunNothing(_ expectation: Expectation, _ entry: LedgerEntry) -> Bool {
        guard expectation.timeout != nil || entry.state == "unknown" else { return false }
        return availability.wasKilled(entry.agent, from: expectation.emitted, to: .max / 2, patience: 0)
    }

    private mutating func checkStateless(
        _ expectation: Expectation, _ entry: LedgerEntry, _ adds: [RecordedRun], _ deletes: [RecordedRun]
    ) {
        if !deletes.isEmpty { report(.undoneThoughStateless, entry, describe(deletes)) }
        switch entry.state {
        case "done": break
        case "unknown":
            guard let run = adds.first else { break }
            // The kill came before the run's end was journaled, or a moment after its end, but no later.
            let from = expectation.emitted
            if !availability.wasKilled(entry.agent, from: from, to: run.at, patience: tolerance.runLength) {
                report(.wrongState, entry, "unknown, though the agent was not killed around the run: " + describe(adds))
            }
        default:
            report(.wrongState, entry, "\(entry.state) at the end: " + describe(adds))
        }
    }

    private mutating func checkTimeline(_ entry: LedgerEntry) {
        guard let timeline = entry.timeline, !isTorn(entry, .started), !isTorn(entry, .finished) else { return }
        for step in ["decided", "queued", "started", "finished", "active", "undone", "unknown"] {
            let count = timeline.count { $0 == step }
            if count > 1 { report(.repeatedEvent, entry, "\(count) times \"\(step)\" in \(timeline)") }
        }
    }

    private mutating func checkJournals() {
        for (agent, open) in evidence.open {
            let notOver: Set<String> = ["queued", "delivered", "running", "active", "undoing", "undo_failed"]
            let active = Set(evidence.ledger.filter { $0.agent == agent && notOver.contains($0.state) }.map(\.id))
            for dispatch in open.symmetricDifference(active).sorted() where torn[dispatch] == nil {
                let holder = open.contains(dispatch) ? "journal" : "ledger"
                violations.append(
                    Violation(
                        promise: .journalDisagrees, dispatch: dispatch, agent: agent,
                        detail: "only the \(holder) holds it as not over"))
            }
        }
    }

    // MARK: - Helpers

    func isTorn(_ entry: LedgerEntry, _ kind: TornRecord.Kind) -> Bool {
        torn[entry.id]?.contains(kind) ?? false
    }

    mutating func report(_ promise: Violation.Promise, _ entry: LedgerEntry, _ detail: String) {
        violations.append(Violation(promise: promise, dispatch: entry.id, agent: entry.agent, detail: detail))
    }

    private mutating func report(_ promise: Violation.Promise, agent: String? = nil, _ detail: String) {
        violations.append(Violation(promise: promise, dispatch: nil, agent: agent, detail: detail))
    }

    /// The runs in words, by the monotonic clock.
    func describe(_ runs: [RecordedRun]) -> String {
        guard !runs.isEmpty else { return "no run recorded" }
        return runs.map { "\($0.action.rawValue) at \(seconds($0.at)) (pid \($0.pid))" }.joined(separator: ", ")
    }

    func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest + " s"
    }
}
