/// Runs with `add`: their start, what their end leaves, and the repeats that are settled without one.
extension ResponseTable {
    mutating func start(_ id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]) {
        guard let dispatch = dispatches[id] else { return }
        let order = dispatch.order
        var deadline: Deadline?
        if order.isStateful {
            let length = countedTimeout(of: order, dispatch.key, at: now, &actions) * 1000
            deadline = Deadline(after: length, from: now, bootID: bootID)
            lines[dispatch.key]?.holder = id
        }
        lines[dispatch.key]?.running = id
        dispatches[id]?.phase = .running
        dispatches[id]?.deadline = deadline
        runningAdds += 1
        actions.append(.record(.started(id, deadline)))
        actions.append(.run(Run(action: .add, order: order, timeout: (deadline?.length ?? 0) / 1000)))
    }

    /// The seconds for which a response holds: the order's timeout, or more for a repeated offender.
    private mutating func countedTimeout(
        of order: Order, _ key: ResponseKey, at now: Moment, _ actions: inout [ResponseAction]
    ) -> Int64 {
        let ladder = order.repeatedOffenders.isEmpty ? repeatedOffenders : order.repeatedOffenders
        guard let counted = repetitions.count(key, ladder: ladder, now: now.wall) else { return order.timeout }
        dispatches[order.id]?.isCounted = true
        actions.append(.record(.repetition(key, count: counted.seen + 1, at: now.wall)))
        return max(order.timeout, counted.seconds)
    }

    /// Settles a repeat with the dispatch that holds its key.
    mutating func prolong(
        _ holderID: DispatchID, by id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        guard let repeated = dispatches[id], let old = dispatches[holderID]?.deadline else { return }
        let length = countedTimeout(of: repeated.order, repeated.key, at: now, &actions) * 1000
        let deadline = Deadline(after: length, from: now, bootID: bootID)
        finish(id, .nothingRan, at: now, &actions)
        let undoDue = deadline.boot > old.boot ? deadline.wall : old.wall
        emit(.prolonged, id, at: now, undoDue: undoDue, detail: holderID.description, &actions)
        extend(holderID, to: deadline, by: id, at: now, &actions)
    }

    /// Moves the end of a dispatch in force to a later time; an earlier one changes nothing.
    mutating func extend(
        _ holderID: DispatchID, to deadline: Deadline, by id: DispatchID, at now: Moment,
        _ actions: inout [ResponseAction]
    ) {
        guard let old = dispatches[holderID]?.deadline, deadline.boot > old.boot else { return }
        dispatches[holderID]?.deadline = deadline
        actions.append(.record(.due(holderID, deadline)))
        emit(
            .undoDueChanged, holderID, at: now, undoDue: deadline.wall, detail: "prolonged by dispatch \(id)", &actions)
    }

    mutating func addEnded(
        _ id: DispatchID, _ dispatch: Dispatch, _ result: RunResult, at now: Moment,
        _ actions: inout [ResponseAction]
    ) {
        if let key = dispatch.scriptKey, scriptKeyWaiters[key]?.contains(id) == true {
            scriptKeyWaiters[key]?.removeAll { $0 == id }
            finish(id, .nothingRan, at: now, &actions)
            let end = result.detail.isEmpty ? "it ended" : result.detail
            let detail = "\(end) while it waited for another response's undo"
            emit(.failed, id, at: now, result: result, detail: detail, &actions)
            return
        }
        if let holderID = dispatch.yieldsTo {
            finish(id, .nothingRan, at: now, &actions)
            let undoDue = dispatches[holderID]?.deadline?.wall
            emit(.prolonged, id, at: now, result: result, undoDue: undoDue, detail: holderID.description, &actions)
            return
        }
        if let deadline = dispatch.deadline {
            dispatches[id]?.phase = .active
            actions.append(.record(.active(id)))
            if !result.succeeded, !result.isLost {
                dispatches[id]?.hasFailed = true
                actions.append(.record(.addFailed(id)))
            }
            if dispatch.confirmation == .wanted, confirmPeriod != nil, dispatch.undoRequestedBy == nil {
                awaitConfirmation(of: id, result, at: now, &actions)
                deadlines.insert(id, at: deadline.boot)
                return
            }
            emit(.active, id, at: now, result: result, undoDue: deadline.wall, detail: result.detail, &actions)
            if dispatch.undoRequestedBy != nil || deadline.boot <= now.boot {
                beginUndo(id, at: now, &actions)
            } else {
                deadlines.insert(id, at: deadline.boot)
            }
            return
        }
        finish(id, .ran, at: now, &actions)
        let kind: ResponseEvent.Kind = result.isLost ? .unknown : result.endedByItself ? .finished : .failed
        emit(kind, id, at: now, result: result, detail: result.detail, &actions)
        if let by = dispatch.undoRequestedBy {
            var order = dispatch.order
            order.kind = .undo(by: by)
            finished.remove(id)
            actions.append(.record(.order(order)))
            add(order)
        }
    }
}
