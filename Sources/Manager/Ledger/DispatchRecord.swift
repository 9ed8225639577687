import ActiveResponse

/// What is known of a response from its decision on and never changes.
struct DispatchFacts: Sendable, Equatable {
    let id: DispatchID
    let command: String
    let activeResponse: String
    /// `000` is the manager itself.
    let agentID: String
    let agentName: String
    let alertID: String
    let ruleID: String
    var user: String?
    var sourceAddress: String?
    var filename: String?
    /// When it was decided, in unix milliseconds.
    let created: Int64
    /// When the order loses its force, in unix milliseconds; `nil`: never.
    var expires: Int64?
    /// Whether there is something to undo.
    let isStateful: Bool
}

/// A response as it stands in the ledger.
struct DispatchRecord: Sendable, Equatable {
    let facts: DispatchFacts
    let progress: DispatchProgress
    /// Whether it was only noted (`mode observe`): no script was run for it.
    var isObserved = false
    /// What the script printed last; lists leave it out.
    var output: [UInt8]?
    /// Why and until when it is held; nil unless it is.
    var hold: Hold?
}

/// A response that the ledger does not know yet.
struct NewDispatch: Sendable, Equatable {
    let facts: DispatchFacts
    /// The encoded order, kept as it is.
    let order: [UInt8]
    /// The beginning of the timeline, whose last state is the one that the response starts in.
    let events: [DispatchEvent]
    /// Why and until when it is held; nil when it is let out at once.
    var hold: Hold?
}

/// A response whose order still has to travel.
struct QueuedDispatch: Sendable, Equatable {
    let id: DispatchID
    /// The encoded order.
    let order: [UInt8]
}

/// A request to undo a response on which its agent has not acted yet.
struct UndoRequest: Sendable, Equatable {
    let id: DispatchID
    let by: String
    /// The encoded order of the response.
    let order: [UInt8]
}

/// Which responses a list shows.
struct DispatchFilter: Sendable, Equatable {
    /// An agent's id.
    var agent: String?
    /// For `active` what is in force: also what is being undone, whose undo failed, or whose run failed and may have done a
    /// part of its work, until its undo.
    var state: DispatchState?
    /// The most records that come back.
    var limit = 100
}
