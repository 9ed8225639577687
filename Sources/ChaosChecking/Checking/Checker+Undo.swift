extension Checker {
    /// Undone exactly once and in time, or still due.
    mutating func checkStateful(
        _ expectation: Expectation, _ timeout: Int64, _ entry: LedgerEntry, _ adds: [RecordedRun],
        _ deletes: [RecordedRun]
    ) {
        switch entry.state {
        case "undone" where deletes.isEmpty:
            report(.neverUndone, entry, "the ledger says undone, but: " + describe(adds))
        case "undone": break
        case "active":
            checkStillDue(timeout, entry, adds, deletes)
        default:
            report(.wrongState, entry, "\(entry.state) at the end: " + describe(adds + deletes))
        }
        if let run = adds.last { checkDeadline(timeout, entry, run) }
        checkMoment(timeout, entry, adds, deletes)
        checkRepetition(entry, deletes)
    }

    private mutating func checkStillDue(
        _ timeout: Int64, _ entry: LedgerEntry, _ adds: [RecordedRun], _ deletes: [RecordedRun]
    ) {
        if !deletes.isEmpty {
            report(.wrongState, entry, "active at the end, though: " + describe(deletes))
        }
        guard let due = entry.undoDue else { return report(.wrongDeadline, entry, "active without one") }
        if deletes.isEmpty, due + tolerance.lateness / 1_000_000 < evidence.endWall {
            report(.neverUndone, entry, "overdue since \(evidence.endWall - due) ms: " + describe(adds))
        }
    }

    /// The time counts from the start of the script, as the agent saw it: a moment before its first instruction.
    private mutating func checkDeadline(_ timeout: Int64, _ entry: LedgerEntry, _ run: RecordedRun) {
        guard let due = entry.undoDue else { return }
        let difference = (due - run.wall) * 1_000_000 - timeout
        let slowness = availability.slowness(from: run.at - tolerance.lateness, to: run.at)
        if difference > tolerance.earliness || difference < -tolerance.lateness - slowness {
            report(
                .wrongDeadline, entry,
                "due \(due - run.wall) ms after its run instead of \(timeout / 1_000_000) ms: " + describe([run]))
        }
    }

    private mutating func checkMoment(
        _ timeout: Int64, _ entry: LedgerEntry, _ adds: [RecordedRun], _ deletes: [RecordedRun]
    ) {
        guard let undo = deletes.first else { return }
        if let run = adds.last, run.at > undo.at {
            return report(.undoneBeforeRun, entry, describe([undo, run]))
        }
        // Without a due time in the ledger, and without a run because a kill met it, nobody knows when it was due.
        let known = entry.undoDue.map { undo.at + ($0 - undo.wall) * 1_000_000 }
        guard let due = known ?? adds.last.map({ $0.at + timeout }) else { return }
        if undo.at < due - tolerance.earliness {
            report(.undoneEarly, entry, "\(seconds(due - undo.at)) before \(seconds(due)): " + describe([undo]))
        }
        let latest = availability.latest(for: entry.agent, due: due, patience: tolerance.lateness)
        if undo.at > latest + availability.slowness(from: latest - tolerance.lateness, to: undo.at) {
            report(
                .undoneLate, entry,
                "due at \(seconds(due)), possible by \(seconds(latest)), \(seconds(undo.at - latest)) late: "
                    + describe([undo]))
        }
    }

    /// An undo that a kill interrupted runs again, because that is safe; nothing else repeats one.
    private mutating func checkRepetition(_ entry: LedgerEntry, _ deletes: [RecordedRun]) {
        guard !isTorn(entry, .undoing), !isTorn(entry, .finished), !isTorn(entry, .started) else { return }
        for (one, next) in zip(deletes, deletes.dropFirst()) {
            let wasInterrupted = availability.wasKilled(
                entry.agent, from: one.at, to: one.at, patience: tolerance.runLength)
            if !wasInterrupted { report(.undoneTwice, entry, describe([one, next])) }
        }
    }
}
