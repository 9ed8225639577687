extension ResponseTable {
    /// Takes one record of the journal.
    ///
    /// Records of dispatches that are not known (a damaged journal) are skipped.
    package mutating func replay(_ record: JournalRecord) {
        switch record {
        case .order(let order):
            finished.remove(order.id)
            insert(order, key: ResponseKey(of: order))
        case .started(let id, let deadline):
            dispatches[id]?.phase = .running
            dispatches[id]?.deadline = deadline
        case .keys(let id, let keys):
            if let executable = dispatches[id]?.order.executable {
                dispatches[id]?.scriptKey = ScriptKey(executable: executable, keys: keys)
            }
        case .active(let id): dispatches[id]?.phase = .active
        case .addFailed(let id): dispatches[id]?.hasFailed = true
        case .confirmationWanted(let id): dispatches[id]?.confirmation = .wanted
        case .confirmed(let id):
            dispatches[id]?.confirmation = .given
            dispatches[id]?.wasConfirmed = true
        case .due(let id, let deadline): dispatches[id]?.deadline = deadline
        case .undoRequested(let id, let by): dispatches[id]?.undoRequestedBy = by
        case .undoing(let id): dispatches[id]?.phase = .undoing
        case .finished(let id, let outcome, let at):
            heldBytes -= dispatches.removeValue(forKey: id)?.order.byteCount ?? 0
            finished.restore(id, outcome: outcome, at: at)
        case .repetition(let key, let count, let at): repetitions.restore(key, count: count, at: at)
        case .numbered, .event, .acknowledged: break
        }
    }

    /// Goes on after the journal was replayed.
    ///
    /// What had not started runs now. A stateless run that was interrupted is `unknown` and never runs again. A
    /// stateful one counts as active, because its undo is safe; an interrupted undo runs again, an overdue one at
    /// once.
    ///
    /// - Parameter survivors: the dispatches whose scripts outlived the stop and run on, with what they do.
    package mutating func resume(at now: Moment, survivors: [DispatchID: Run.Action] = [:]) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        finished.resume(at: now)
        let replayed = dispatches.sorted { $0.value.serial < $1.value.serial }
        for (id, dispatch) in replayed {
            dispatches[id]?.deadline = dispatch.deadline?.restated(at: now, bootID: bootID)
        }
        resumeKeys(replayed.map { ($0.key, $0.value) }, at: now, &actions)
        for (id, _) in replayed {
            guard let dispatch = dispatches[id] else { continue }
            switch dispatch.phase {
            case .running where survivors[id] == .add, .undoing where survivors[id] == .delete:
                goOn(id, dispatch, at: now, &actions)
            case .waiting: enqueue(id)
            case .running where dispatch.deadline == nil:
                finish(id, .ran, at: now, &actions)
                emit(.unknown, id, at: now, detail: Self.interrupted, &actions)
                if let by = dispatch.undoRequestedBy { resumeUndo(of: dispatch.order, by: by, &actions) }
            case .running:
                actions.append(.record(.active(id)))
                hold(id, dispatch, at: now, &actions)
                if awaitsConfirmation(id) {
                    resumeConfirmation(of: id, at: now, &actions)
                    continue
                }
                let undoDue = dispatches[id]?.deadline?.wall
                let detail = Self.interrupted
                emit(.active, id, at: now, undoDue: undoDue, detail: detail, &actions)
            case .active:
                hold(id, dispatch, at: now, &actions)
                if awaitsConfirmation(id) { resumeConfirmation(of: id, at: now, &actions) }
            case .undoDue, .undoing, .undoFailed:
                if dispatch.isUndoOrder {
                    dispatches[id]?.phase = .waiting
                    enqueue(id)
                } else {
                    hold(id, dispatch, at: now, &actions)
                    dispatches[id]?.phase = .undoDue
                    // Nobody asked for that, and the manager was not reached through it.
                    if dispatch.confirmation == .wanted, !dispatch.wasConfirmed, dispatch.undoRequestedBy == nil {
                        dispatches[id]?.confirmation = .missing
                    }
                }
            }
        }
        // Undos first, the one that was due first before the others: each start of a script keeps the next one waiting.
        let undos = replayed.compactMap { dispatches[$0.key] }.filter { $0.phase == .undoDue || $0.isUndoOrder }
            .sorted { ($0.deadline?.boot ?? .min) < ($1.deadline?.boot ?? .min) }
        for dispatch in undos { pump(dispatch.key, at: now, &actions) }
        actions += advance(to: now)
        for (_, dispatch) in replayed { pump(dispatch.key, at: now, &actions) }
        return actions
    }

    static let interrupted = "interrupted; the end of the script was not seen"

    private func awaitsConfirmation(_ id: DispatchID) -> Bool {
        guard let dispatch = dispatches[id] else { return false }
        return dispatch.confirmation == .wanted && dispatch.phase == .active && confirmPeriod != nil
    }

    /// Nobody knows how far the last run got with it: the time counts anew.
    private mutating func resumeConfirmation(of id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]) {
        let wasTold = dispatches[id]?.wasConfirmed == true
        let result = wasTold ? nil : RunResult(exitStatus: nil, detail: Self.interrupted)
        awaitConfirmation(of: id, result, at: now, &actions)
    }

    /// The records from which the table can be built again, for a compacted journal.
    ///
    /// Deadlines are stated by the clocks of now, so that a wall clock set right meanwhile counts after a reboot.
    package func records(at now: Moment) -> [JournalRecord] {
        var records: [JournalRecord] = []
        finished.forEach(now: now) { id, outcome, at in records.append(.finished(id, outcome, at: at)) }
        repetitions.forEach(now: now.wall) { key, count, at in
            records.append(.repetition(key, count: count, at: at))
        }
        for (id, dispatch) in dispatches.sorted(by: { $0.value.serial < $1.value.serial }) {
            records.append(.order(dispatch.order))
            if dispatch.confirmation != .unneeded { records.append(.confirmationWanted(id)) }
            if dispatch.wasConfirmed {
                records.append(.confirmed(id))
                if dispatch.confirmation != .given { records.append(.confirmationWanted(id)) }
            }
            switch dispatch.phase {
            case .waiting: continue
            case .running, .active, .undoDue, .undoing, .undoFailed: break
            }
            if !dispatch.isUndoOrder {
                records.append(.started(id, dispatch.deadline?.restated(at: now, bootID: bootID)))
            }
            if let key = dispatch.scriptKey { records.append(.keys(id, key.keys)) }
            if let by = dispatch.undoRequestedBy { records.append(.undoRequested(id, by: by)) }
            switch dispatch.phase {
            case .active, .undoDue:
                records.append(.active(id))
                if dispatch.hasFailed { records.append(.addFailed(id)) }
            case .undoing, .undoFailed: records.append(.undoing(id))
            case .waiting, .running: break
            }
        }
        return records
    }

    /// Makes a replayed dispatch the holder of its key.
    private mutating func hold(
        _ id: DispatchID, _ dispatch: Dispatch, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        // Two holders are left when a damaged journal lost the end of the first one.
        if let older = lines[dispatch.key]?.holder { supersede(older, by: id, at: now, &actions) }
        lines[dispatch.key, default: Line()].holder = id
        dispatches[id]?.phase = dispatch.undoRequestedBy == nil ? .active : .undoDue
        if dispatches[id]?.deadline == nil {
            // A damaged journal lost the start, and the deadline with it.
            let deadline = Deadline(after: dispatch.order.timeout * 1000, from: now, bootID: bootID)
            dispatches[id]?.deadline = deadline
            actions.append(.record(.due(id, deadline)))
            let detail = "the journal was damaged; the time begins anew"
            emit(.undoDueChanged, id, at: now, undoDue: deadline.wall, detail: detail, &actions)
        }
        if let boot = dispatches[id]?.deadline?.boot { deadlines.insert(id, at: boot) }
    }

    /// Counts a script that outlived the stop as running.
    private mutating func goOn(
        _ id: DispatchID, _ dispatch: Dispatch, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        lines[dispatch.key, default: Line()].running = id
        if dispatch.deadline != nil, !dispatch.isUndoOrder {
            if let older = lines[dispatch.key]?.holder { supersede(older, by: id, at: now, &actions) }
            lines[dispatch.key]?.holder = id
        }
        if dispatch.phase == .undoing {
            dispatches[id]?.undoAttempts = 1
            runningUndos += 1
        } else {
            runningAdds += 1
        }
    }

    /// A dispatch whose script ran when the journal ended.
    package struct Interrupted: Sendable {
        package let executable: String
        /// The user that the script runs as; nil for the daemon's own.
        package let runAs: String?
        /// Whether the script only waits for the answer to a request, which it cannot get any more: it has not acted.
        package let isUnanswered: Bool
    }

    /// The dispatches whose scripts ran when the journal ended.
    package var interrupted: [DispatchID: Interrupted] {
        var interrupted: [DispatchID: Interrupted] = [:]
        for (id, dispatch) in dispatches where dispatch.phase == .running || dispatch.phase == .undoing {
            interrupted[id] = Interrupted(
                executable: dispatch.order.executable, runAs: dispatch.order.containment.runAs,
                isUnanswered: isUnanswered(id, dispatch))
        }
        return interrupted
    }

    /// What the script of a running dispatch was started for.
    package func run(of id: DispatchID) -> Run? {
        guard let dispatch = dispatches[id] else { return nil }
        let action: Run.Action = dispatch.phase == .undoing ? .delete : .add
        let timeout = dispatch.deadline.map { $0.length / 1000 } ?? dispatch.order.timeout
        return Run(action: action, order: dispatch.order, timeout: timeout)
    }

    private mutating func resumeUndo(of order: Order, by: String, _ actions: inout [ResponseAction]) {
        var undo = order
        undo.kind = .undo(by: by)
        finished.remove(order.id)
        actions.append(.record(.order(undo)))
        add(undo)
    }
}
