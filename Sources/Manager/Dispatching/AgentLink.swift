import ActiveResponse

/// The way to one agent that is connected now, or to the manager's own executor.
///
/// Calls never block and never fail: what a dying link swallows is sent again over the next one.
protocol AgentLink: AnyObject, Sendable {
    /// Sends an order to run or to undo; the agent reports `received` once it is in its journal.
    func send(_ order: Order)
    /// Whether orders that were sent, but whose scripts have not started, are kept from starting.
    ///
    /// Agents do not know of it: what has reached one runs.
    func pause(_ isPaused: Bool)
    /// Tells the agent that its events up to this one are in the ledger and may be forgotten.
    func acknowledge(through sequence: UInt64)
    /// Asks for the orders of dispatches that its journal holds and the ledger does not know.
    func describe(_ ids: [DispatchID])
    /// Cuts the link, because the agent was removed or has a newer one.
    func close(reason: String)
}
