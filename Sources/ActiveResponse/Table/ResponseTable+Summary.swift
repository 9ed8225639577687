/// What the manager is told at each connection, to compare it with its ledger.
extension ResponseTable {
    /// Everything that is not over, in the order of arrival.
    package func held(at now: Moment) -> [HeldDispatch] {
        dispatches.values.sorted { $0.serial < $1.serial }.map { held($0, at: now) }
    }

    /// Those of the dispatches that are not over, with their orders.
    package func orders(of ids: [DispatchID], at now: Moment) -> [HeldOrder] {
        ids.compactMap { dispatches[$0] }.map { dispatch in
            var order = dispatch.order
            order.kind = .run
            return HeldOrder(held: held(dispatch, at: now), order: order)
        }
    }

    private func held(_ dispatch: Dispatch, at now: Moment) -> HeldDispatch {
        let stage: HeldDispatch.Stage =
            switch dispatch.phase {
            case .waiting: dispatch.isUndoOrder ? .undoing : .waiting
            case .running: .running
            case .active: .active
            case .undoDue, .undoing: .undoing
            case .undoFailed: .undoFailed
            }
        return HeldDispatch(
            id: dispatch.order.id, stage: stage,
            undoDue: dispatch.deadline?.restated(at: now, bootID: bootID).wall)
    }
}
