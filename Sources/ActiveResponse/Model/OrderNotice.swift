/// What the sender of orders is told beside the events: it is not kept in the journal.
package enum OrderNotice: Sendable, Equatable {
    /// An order to run was not taken for the time being, because it could not be kept.
    ///
    /// Nothing of it is known here: it waits at its sender.
    case turnedAway(DispatchID, reason: String)
    /// What was turned away can be sent again.
    case ready
}
