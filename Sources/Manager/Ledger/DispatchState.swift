/// Where a response stands (INTERFACE.md, "Control": the states of a response).
enum DispatchState: String, Sendable, CaseIterable {
    case held
    case queued
    case delivered
    case running
    case active
    case done
    case undoing
    case undone
    case failed
    case undoFailed = "undo_failed"
    case expired
    case cancelled
    case refused
    case unknown

    /// Whether an agent that reports this has acted on a request to undo the response.
    var answersUndo: Bool {
        switch self {
        case .undoing, .undone, .undoFailed, .refused: true
        default: false
        }
    }

    /// Whether a response in this state may go over to `next`.
    ///
    /// Never backwards: a report that comes late or twice must not make something that is over look alive again.
    ///
    /// Two rules are not about order. What the agent did is stronger than what the manager decided: a response
    /// that was cancelled or expired here while its order already ran there shows what ran. And a failed undo can
    /// be tried again.
    func mayBecome(_ next: DispatchState) -> Bool {
        switch self {
        case .done, .undone, .refused: false
        case .undoFailed: next == .undoing || next == .undone
        case .cancelled, .expired: next.isProofOfRun
        default: next.stage > stage
        }
    }

    /// Only an order that reached its script can be in one of these.
    private var isProofOfRun: Bool {
        switch self {
        case .running, .active, .done, .failed, .unknown, .undoing, .undone, .undoFailed: true
        case .held, .queued, .delivered, .expired, .cancelled, .refused: false
        }
    }

    /// The position on the way from the decision to the undo.
    private var stage: Int {
        switch self {
        case .held: 0
        case .queued: 1
        case .delivered: 2
        case .running: 3
        // The agent lost sight of the run; what it finds out later is better than that.
        case .unknown: 4
        case .active, .done, .failed, .expired, .cancelled, .refused: 5
        case .undoing: 6
        case .undone, .undoFailed: 7
        }
    }
}
