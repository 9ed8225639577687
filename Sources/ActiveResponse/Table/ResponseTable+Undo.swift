extension ResponseTable {
    /// How long to wait before undoing is tried again: 5 s, 10 s, … up to 5 minutes.
    private static func pause(afterAttempt attempt: Int) -> Int64 {
        min(5 << Int64(min(attempt - 1, 6)), 300)
    }

    /// The manager wants a dispatch undone before its time.
    mutating func submitUndo(_ order: Order, by: String, at now: Moment, _ actions: inout [ResponseAction]) {
        if dispatches[order.id] != nil {
            requestUndo(order.id, by: by, at: now, &actions)
            return
        }
        switch finished[order.id] {
        case .nothingRan, .undone:
            // Said all the same: the manager repeats its order until it hears what came of it.
            emit(.undone, order.id, at: now, detail: "nothing of it was in force", &actions)
            return
        // What is not known here ran before this machine lost its state: the order says all that its undo needs.
        case .ran, nil: break
        }
        if let reason = reasonToRefuse(order) {
            emit(.undoFailed, order.id, at: now, detail: reason, &actions)
            return
        }
        finished.remove(order.id)
        actions.append(.record(.order(order)))
        add(order)
        pump(ResponseKey(of: order), at: now, &actions)
    }

    /// Undoes a dispatch that is not over, from whatever phase it is in.
    mutating func requestUndo(
        _ id: DispatchID, by: String, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        guard let dispatch = dispatches[id] else { return }
        switch dispatch.phase {
        case .waiting where !dispatch.isUndoOrder:
            finish(id, .nothingRan, at: now, &actions)
            emit(.undone, id, at: now, detail: "taken back by \(by) before anything ran", &actions)
            pump(dispatch.key, at: now, &actions)
        case .running, .active:
            guard dispatch.undoRequestedBy == nil else { return }
            dispatches[id]?.undoRequestedBy = by
            // What is undone need not be confirmed any more.
            if case .awaited = dispatch.confirmation { dispatches[id]?.confirmation = .wanted }
            actions.append(.record(.undoRequested(id, by: by)))
            if dispatch.phase == .active { beginUndo(id, at: now, &actions) }
        case .undoFailed:
            dispatches[id]?.undoAttempts = 0
            beginUndo(id, at: now, &actions)
        case .waiting, .undoDue, .undoing: return
        }
    }

    /// Puts a dispatch in line for its `delete`.
    mutating func beginUndo(_ id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]) {
        guard let dispatch = dispatches[id] else { return }
        if lines[dispatch.key]?.holder == id {
            dispatches[id]?.phase = .undoDue
        } else {
            dispatches[id]?.phase = .waiting
            enqueue(id)
        }
        pump(dispatch.key, at: now, &actions)
    }

    mutating func startUndoWhenFree(
        _ id: DispatchID, _ key: ResponseKey, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        if let executable = dispatches[id]?.order.executable, isHeldByRestore(executable, key) { return }
        guard runningUndos < limits.undos else {
            readyUndos.insert(key)
            return
        }
        startUndo(id, at: now, &actions)
    }

    mutating func startUndo(_ id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]) {
        guard let dispatch = dispatches[id] else { return }
        lines[dispatch.key]?.running = id
        dispatches[id]?.phase = .undoing
        dispatches[id]?.undoAttempts += 1
        runningUndos += 1
        actions.append(.record(.undoing(id)))
        let timeout = dispatch.deadline.map { $0.length / 1000 } ?? dispatch.order.timeout
        actions.append(.run(Run(action: .delete, order: dispatch.order, timeout: timeout)))
    }

    mutating func undoEnded(
        _ id: DispatchID, _ dispatch: Dispatch, _ result: RunResult, at now: Moment,
        _ actions: inout [ResponseAction]
    ) {
        if result.isLost, dispatch.undoAttempts <= 1 {
            // Nobody saw how it ended, so it is done again: to repeat a `delete` is safe. Where that is so each time it
            // counts as failed.
            beginUndo(id, at: now, &actions)
            return
        }
        if result.succeeded {
            finish(id, .undone, at: now, &actions)
            // The result is the one of the undo; what counts is that the response does not hold.
            if dispatch.confirmation == .missing {
                emit(.failed, id, at: now, detail: unconfirmedReason, &actions)
                // That it could not be undone was reported before.
                guard dispatch.undoAttempts > 1 else { return }
            }
            emit(.undone, id, at: now, result: result, &actions)
            return
        }
        let reason = result.detail.isEmpty ? "" : result.detail + "; "
        guard dispatch.undoAttempts < Self.undoAttempts else {
            finish(id, .ran, at: now, &actions)
            let detail = "\(reason)given up after \(dispatch.undoAttempts) attempts"
            emit(.undoFailed, id, at: now, result: result, detail: detail, &actions)
            return
        }
        let pause = Self.pause(afterAttempt: dispatch.undoAttempts)
        let retryAt = now.boot + pause * 1000
        dispatches[id]?.phase = .undoFailed(retryAt: retryAt)
        deadlines.insert(id, at: retryAt)
        emit(
            .undoFailed, id, at: now, result: result, retryAt: now.wall + pause * 1000,
            detail: "\(reason)next attempt in \(pause) s", &actions)
        if let key = dispatch.scriptKey { answerWaiters(of: key, at: now, &actions) }
    }
}
