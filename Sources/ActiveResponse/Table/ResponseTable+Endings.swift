/// How dispatches end, and what is told of that.
extension ResponseTable {
    func refusal(of order: Order) -> String? {
        if isDisabled { return "(1350): active response is disabled in this machine's configuration" }
        return reasonToRefuse(order)
    }

    /// Why this machine does not take an order, to run or to undo something that it does not know.
    func reasonToRefuse(_ order: Order) -> String? {
        if dispatches.count >= limits.dispatches || heldBytes + order.byteCount > limits.bytes {
            return "too many responses are not over yet"
        }
        if let agentID, order.agentID != agentID { return "the order is for another agent, not for \"\(agentID)\"" }
        return order.reasonToRefuse
    }

    /// Ends an order that is not run, and remembers it.
    mutating func refuse(_ order: Order, because reason: String, at now: Moment, _ actions: inout [ResponseAction]) {
        finish(order.id, .nothingRan, at: now, &actions)
        emit(.refused, order.id, at: now, detail: reason, &actions)
    }

    /// Ends a dispatch.
    mutating func finish(
        _ id: DispatchID, _ outcome: FinishedDispatches.Outcome, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        let dispatch = dispatches.removeValue(forKey: id)
        heldBytes -= dispatch?.order.byteCount ?? 0
        if let key = dispatch?.key, let line = lines[key] {
            if line.holder == id { lines[key]?.holder = nil }
            if line.waiting.contains(id) { lines[key]?.waiting.removeAll { $0 == id } }
        }
        if let key = dispatch?.scriptKey { release(key, by: id, at: now, &actions) }
        finished.insert(id, outcome: outcome, at: now)
        actions.append(.record(.finished(id, outcome, at: now.wall)))
    }

    /// A new run takes the place of a dispatch whose undo keeps failing: its own undo will cover both.
    mutating func supersede(
        _ holderID: DispatchID, by id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        finish(holderID, .ran, at: now, &actions)
        emit(.undoFailed, holderID, at: now, detail: Takeover.detail(by: id), &actions)
    }

    func emit(
        _ kind: ResponseEvent.Kind, _ id: DispatchID, at now: Moment, result: RunResult? = nil,
        undoDue: Int64? = nil, retryAt: Int64? = nil, detail: String = "", _ actions: inout [ResponseAction]
    ) {
        actions.append(
            .emit(
                ResponseEvent(
                    dispatchID: id, kind: kind, at: now.wall, exitStatus: result?.exitStatus, signal: result?.signal,
                    durationMilliseconds: result?.durationMilliseconds, undoDue: undoDue, retryAt: retryAt,
                    output: result?.output ?? [], detail: detail)))
    }
}
