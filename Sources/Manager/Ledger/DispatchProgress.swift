/// What the events of a response add up to.
struct DispatchProgress: Sendable, Equatable {
    /// `held` until an event says otherwise, so that an order nobody released is never sent.
    var state: DispatchState = .held
    /// When the agent first confirmed that it has the order, in unix milliseconds.
    var deliveredAt: Int64?
    var undoDue: Int64?
    var exitStatus: Int32?
    var durationMilliseconds: Int64?
    /// The sequence number of the event that holds the script's output.
    var outputEvent: Int64?

    /// Who asked for the response to be undone, while its agent has not acted on that.
    var undoRequestedBy: String?
    /// When an undo that failed is tried again, in unix milliseconds.
    var undoRetry: Int64?

    /// Takes the next event into account.
    ///
    /// One whose state would lead backwards changes nothing; it is history only.
    ///
    /// - Parameter sequence: the event's number in the ledger.
    mutating func apply(_ event: DispatchEvent, sequence: Int64) {
        switch event.undoRequest {
        case .made(let by): undoRequestedBy = by
        case .dropped: undoRequestedBy = nil
        case nil: break
        }
        // Also when it comes too late to change the state.
        if event.state?.answersUndo == true { undoRequestedBy = nil }
        if let next = event.state, next != state {
            guard state.mayBecome(next) else { return }
            state = next
            if next == .delivered { deliveredAt = event.at }
        }
        take(event, sequence: sequence)
    }

    /// Takes into account what was found out, whatever state it was in before.
    mutating func correct(_ event: DispatchEvent, sequence: Int64) {
        state = event.state ?? state
        take(event, sequence: sequence)
    }

    private mutating func take(_ event: DispatchEvent, sequence: Int64) {
        if event.state != nil { undoRetry = state == .undoFailed ? event.undoRetry : nil }
        // A failure after which there is something to undo says when.
        undoDue = event.state == .failed ? event.undoDue : event.undoDue ?? undoDue
        exitStatus = event.exitStatus ?? exitStatus
        durationMilliseconds = event.durationMilliseconds ?? durationMilliseconds
        if event.output != nil { outputEvent = sequence }
    }
}
