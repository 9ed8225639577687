import ActiveResponse

/// Plays orders and journals against the response table, with scripts that end at once.
struct TableCheck {
    /// More actions than a single order can cause.
    private static let maximumSteps = 64

    private let now = Moment(wall: 1_750_000_000_000, boot: 1_000_000)

    /// Submits an order, runs what it asks for, waits for its undo; then starts anew from the records.
    func play(_ order: Order) throws(Violation) {
        var table = ResponseTable(bootID: "boot")
        var play = Play()
        perform(table.submit(order, at: now), &table, &play, at: now)
        let refusal = order.reasonToRefuse
        if case .run = order.kind {
            try demand(
                play.events.contains { $0.kind == .refused } == (refusal != nil),
                "refused or not: \(refusal ?? "in order")")
        }
        try demand(refusal == nil || play.runs.isEmpty, "what is refused ran: \(refusal ?? "")")
        let beforeUndo = play.records
        if let due = table.nextDue {
            let later = Moment(wall: now.wall + (due - now.boot), boot: due)
            perform(table.advance(to: later), &table, &play, at: later)
            try demand(play.runs.last?.action == .delete, "a response was not undone in time")
        }
        try demand(table.dispatches.isEmpty, "something is left over")
        for record in play.records {
            guard let read = try? JournalRecord(encoded: record.encoded()) else {
                throw Violation("a record cannot be read: \(record)")
            }
            try demand(read == record, "a record changes: \(record)")
        }
        try replay(beforeUndo, areDamaged: false)
    }

    /// Takes up records after a restart, goes on, and compacts them: the compacted ones say the same.
    ///
    /// - Parameter areDamaged: what never happened may stand in the records. Then a part of it is understood only when
    ///   they are compacted for the first time.
    func replay(_ records: [JournalRecord], areDamaged: Bool) throws(Violation) {
        let compacted = areDamaged ? compacted(self.compacted(records)) : compacted(records)
        try demand(sorted(self.compacted(compacted)) == sorted(compacted), "compacting again changes the journal")

        var table = table(of: records)
        var play = Play()
        perform(table.resume(at: now), &table, &play, at: now)
        _ = table.records(at: now)
        let outbox = EventOutbox(records: records, now: now.wall)
        let pending = outbox.unacknowledged()
        try demand(
            zip(pending, pending.dropFirst()).allSatisfy { $0.sequence <= $1.sequence } || !isOrdered(records),
            "events are out of order")
        if let event = play.events.first {
            let numbered = outbox.number(event).sequence
            try demand(pending.allSatisfy { $0.sequence < numbered }, "a number is given away twice")
        }
    }

    private func table(of records: [JournalRecord]) -> ResponseTable {
        var table = ResponseTable(bootID: "boot")
        for record in records { table.replay(record) }
        return table
    }

    private func compacted(_ records: [JournalRecord]) -> [JournalRecord] {
        table(of: records).records(at: now)
    }

    /// What the table asked for.
    private struct Play {
        var records: [JournalRecord] = []
        var events: [ResponseEvent] = []
        var runs: [Run] = []
    }

    private func perform(
        _ actions: [ResponseAction], _ table: inout ResponseTable, _ play: inout Play, at now: Moment
    ) {
        var actions = actions
        var index = 0
        while index < min(actions.count, Self.maximumSteps) {
            switch actions[index] {
            case .record(let record): play.records.append(record)
            case .emit(let event): play.events.append(event)
            case .answer, .probe: break
            case .run(let run):
                play.runs.append(run)
                actions += table.started(run.order.id, at: now)
                actions += table.ended(run.order.id, RunResult(exitStatus: 0), at: now)
            }
            index += 1
        }
    }

    private func isOrdered(_ records: [JournalRecord]) -> Bool {
        let numbers = records.compactMap { record in if case .event(let event) = record { event.sequence } else { nil }
        }
        return zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 }
    }

    private func sorted(_ records: [JournalRecord]) -> [[UInt8]] {
        records.map { $0.encoded() }.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
