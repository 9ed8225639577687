/// Undoing everything before the machine stops.
extension ResponseTable {
    /// Undoes everything that is in force; from now on nothing is run with `add`.
    ///
    /// An order that comes later, or still waits, is kept for the next start. A script that runs is undone when it has
    /// ended.
    ///
    /// - Parameter by: who wants it, for the timelines.
    package mutating func undoAll(by: String, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        takesNothing = true
        for (id, dispatch) in dispatches.sorted(by: { $0.value.serial < $1.value.serial })
        where !dispatch.isUndoOrder && dispatch.order.isStateful {
            switch dispatch.phase {
            case .running, .active, .undoFailed: requestUndo(id, by: by, at: now, &actions)
            case .waiting, .undoDue, .undoing: break
            }
        }
        return actions
    }

    /// Whether no undo is under way and none will begin soon.
    ///
    /// One that failed is tried again after a pause; nobody waits for that.
    package var isUndone: Bool {
        dispatches.values.allSatisfy { dispatch in
            switch dispatch.phase {
            case .undoDue, .undoing: false
            case .running: dispatch.deadline == nil
            case .waiting: !dispatch.isUndoOrder
            case .active, .undoFailed: true
            }
        }
    }
}
