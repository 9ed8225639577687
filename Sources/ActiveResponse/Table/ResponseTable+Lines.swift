/// The lines in which orders of one key follow each other, and the slots for those whose turn it is.
extension ResponseTable {
    /// Adds an order to its line.
    mutating func add(_ order: Order) {
        let key = ResponseKey(of: order)
        insert(order, key: key)
        enqueue(order.id)
    }

    /// Puts a dispatch that waits at its place in the line.
    ///
    /// One to undo comes before those to run: it is about something that ran before, and what they do must not be undone
    /// with it. So it does not wait for them either while they are kept waiting.
    mutating func enqueue(_ id: DispatchID) {
        guard let dispatch = dispatches[id] else { return }
        var waiting = lines[dispatch.key]?.waiting ?? []
        let place = dispatch.isUndoOrder ? waiting.firstIndex { dispatches[$0]?.isUndoOrder != true } : nil
        waiting.insert(id, at: place ?? waiting.endIndex)
        lines[dispatch.key, default: Line()].waiting = waiting
    }

    /// Adds an order that stands in no line yet.
    mutating func insert(_ order: Order, key: ResponseKey) {
        heldBytes += order.byteCount - (dispatches[order.id]?.order.byteCount ?? 0)
        dispatches[order.id] = Dispatch(order: order, phase: .waiting, key: key, serial: nextSerial)
        nextSerial += 1
    }

    /// Does everything that can be done for a key now.
    mutating func pump(_ key: ResponseKey, at now: Moment, _ actions: inout [ResponseAction]) {
        while !isStopping, let line = lines[key] {
            let holder = line.holder.flatMap { dispatches[$0] }
            if let id = line.holder, holder?.phase == .undoDue {
                // Whatever waits comes after the undo.
                if line.running == nil { startUndoWhenFree(id, key, at: now, &actions) }
                return
            }
            guard let id = line.waiting.first, let next = dispatches[id] else {
                if line.running == nil, line.holder == nil { lines[key] = nil }
                return
            }
            if next.isUndoOrder {
                if let holderID = line.holder, let holder, !holder.isBeingUndone {
                    // Its `delete` would take away what the holder has put in its place, which ends with the holder.
                    finish(id, .undone, at: now, &actions)
                    let detail = "dispatch \(holderID) is in force for the same; undo that one"
                    emit(.undone, id, at: now, detail: detail, &actions)
                    continue
                }
                guard line.running == nil, !isHeldByRestore(next.order.executable, key) else { return }
                guard runningUndos < limits.undos else { return readyUndos.insert(key) }
                lines[key]?.waiting.removeFirst()
                startUndo(id, at: now, &actions)
                return
            }
            if takesNothing { return }
            if next.order.expiresAt > 0, next.order.expiresAt < now.wall {
                finish(id, .nothingRan, at: now, &actions)
                emit(.expired, id, at: now, &actions)
                continue
            }
            if isPaused { return }
            if next.order.isStateful, let holderID = line.holder, let holder {
                switch holder.phase {
                case .active where holder.hasFailed && holder.undoRequestedBy == nil:
                    // What is left of it is undone first, so that nothing is there twice, and then this one runs.
                    requestUndo(holderID, by: "dispatch \(id), because this one had failed", at: now, &actions)
                    return
                case .running, .active:
                    guard holder.undoRequestedBy == nil else { return }
                    prolong(holderID, by: id, at: now, &actions)
                    continue
                case .waiting, .undoDue, .undoing, .undoFailed: break
                }
            }
            guard line.running == nil else { return }
            guard runningAdds < limits.adds else {
                readyAdds.insert(key)
                return
            }
            lines[key]?.waiting.removeFirst()
            if next.order.isStateful, let holderID = line.holder { supersede(holderID, by: id, at: now, &actions) }
            start(id, at: now, &actions)
        }
    }

    /// Gives free slots to keys that wait for one, undos first.
    mutating func fillSlots(at now: Moment, _ actions: inout [ResponseAction]) {
        while runningUndos < limits.undos, let key = readyUndos.popFirst() { pump(key, at: now, &actions) }
        while runningAdds < limits.adds, let key = readyAdds.popFirst() { pump(key, at: now, &actions) }
    }
}
