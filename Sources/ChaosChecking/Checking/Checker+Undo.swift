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
        case "refused" where availability.hadFullDisk(entry.agent, after: expectation.emitted) && adds.isEmpty: break
        default:
            if !isTorn(entry, .event) {
                report(.wrongState, entry, "\(entry.state) at the end: " + describe(adds + deletes))
            }
        }
        checkMoment(timeout, entry, adds, deletes)
        checkRepetition(entry, deletes)
    }

    private mutating func checkStillDue(
        _ timeout: Int64, _ entry: LedgerEntry, _ adds: [RecordedRun], _ deletes: [RecordedRun]
    ) {
        if !deletes.isEmpty, !isTorn(entry, .event) {
            report(.wrongState, entry, "active at the end, though: " + describe(deletes))
        }
        let lateness = tolerance.lateness / 1_000_000
        guard let due = entry.undoDue else { return report(.wrongDeadline, entry, "active without one") }
        if deletes.isEmpty, due + lateness < evidence.endWall {
            report(.neverUndone, entry, "overdue since \(evidence.endWall - due) ms: " + describe(adds))
        }
        if let run = adds.last, abs(due - (run.wall + timeout / 1_000_000)) > lateness {
            report(
                .wrongDeadline, entry,
                "due \(due - run.wall) ms after its run instead of \(timeout / 1_000_000) ms: " + describe(adds))
        }
    }

    private mutating func checkMoment(
        _ timeout: Int64, _ entry: LedgerEntry, _ adds: [RecordedRun], _ deletes: [RecordedRun]
    ) {
        guard let undo = deletes.first else { return }
        guard let run = adds.last else {
            // Killed before the script's first instruction: only the ledger knows the time, and only by the wall clock.
            guard let due = entry.undoDue else { return }
            let moment = undo.at + (due - undo.wall) * 1_000_000
            return checkMoment(moment, entry, undo)
        }
        guard run.at <= undo.at else { return report(.undoneBeforeRun, entry, describe([undo, run])) }
        checkMoment(run.at + timeout, entry, undo)
    }

    private mutating func checkMoment(_ due: Int64, _ entry: LedgerEntry, _ undo: RecordedRun) {
        // The deadline is taken a moment before the script's first instruction; how long that takes depends on the
        // machine, so that it counts as lateness on either side.
        if undo.at < due - tolerance.earliness - tolerance.lateness / 2 {
            report(.undoneEarly, entry, "\(seconds(due - undo.at)) before \(seconds(due)): " + describe([undo]))
        }
        let latest = availability.latest(for: entry.agent, due: due, patience: tolerance.lateness)
        if undo.at > latest {
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
