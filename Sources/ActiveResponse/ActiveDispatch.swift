/// One dispatch that is not over, for people to see.
package struct ActiveDispatch: Sendable, Equatable {
    package let id: DispatchID
    package let command: String
    package let activeResponse: String
    package let user: String?
    package let sourceAddress: String?
    package let filename: String?
    package let phase: ResponseTable.Phase
    /// When the undo is due, in unix milliseconds.
    package let undoDue: Int64?
}

extension ResponseTable {
    /// All dispatches that are not over, in the order of their arrival.
    package var activeDispatches: [ActiveDispatch] {
        dispatches.values.sorted { $0.serial < $1.serial }.map { dispatch in
            ActiveDispatch(
                id: dispatch.order.id, command: dispatch.order.command,
                activeResponse: dispatch.order.activeResponse, user: dispatch.order.user,
                sourceAddress: dispatch.order.sourceAddress, filename: dispatch.order.filename,
                phase: dispatch.phase, undoDue: dispatch.deadline?.wall)
        }
    }
}
