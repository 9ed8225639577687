import ActiveResponse

/// Why a response was held instead of run, and until when it waits for an answer.
struct Hold: Sendable, Equatable {
    /// In words: the limit that it would have exceeded, or who stopped everything.
    let reason: String
    /// When nobody's answer counts as one, in unix milliseconds.
    let deadline: Int64
    /// Whether it runs when nobody has answered by then.
    let isApprovedByDefault: Bool
}

/// A response that waits for an answer, with what is needed to let it run.
struct ResponseOnHold: Sendable, Equatable {
    let id: DispatchID
    let hold: Hold
    /// How long its order may wait for its agent, in milliseconds, from the moment at which it is let out; 0: for ever.
    let lifetime: Int64
    /// The encoded order, as it was decided.
    let order: [UInt8]
}

/// A held response that may run: its order, whose time to wait begins now.
struct Release: Sendable, Equatable {
    /// When the order loses its force, in unix milliseconds; nil: never.
    let expires: Int64?
    /// The encoded order, in place of the one that was decided.
    let order: [UInt8]
    /// Leads out of the state `held`; nothing happens when the response is not in it.
    let event: DispatchEvent
}

/// A response that was let out and is not over, as far as the limits are concerned.
struct DispatchUnderWay: Sendable, Equatable {
    let id: DispatchID
    let activeResponse: String
    let agentID: String
}

/// When a response was let out, for those that may run so many times a minute.
struct RecentRun: Sendable, Equatable {
    let activeResponse: String
    /// Unix milliseconds.
    let at: Int64
}

/// The order that nothing new may run.
struct Stop: Sendable, Equatable {
    /// Unix milliseconds.
    let at: Int64
    /// Who gave it, in words.
    let by: String
    /// Why; empty when nobody said.
    let reason: String

    /// For the timeline of what is held by it.
    var description: String { "stopped by \(by)" + (reason.isEmpty ? "" : ": \(reason)") }
}
