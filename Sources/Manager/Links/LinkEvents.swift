import ActiveResponse

/// What happens on the links, on its way from the event loops to the dispatcher: in the order in which it happened
/// on each link.
///
/// What waits here is bounded by whoever sends it: a link is read on only when its reports are acknowledged and its
/// summaries and descriptions were taken; signs of life come once a second, and the others once for each link.
struct LinkEvents: Sendable {
    enum Event: Sendable {
        /// An agent is connected and known.
        /// - Parameters:
        ///   - journal: names the agent's journal.
        case up(RemoteLink, journal: String, version: String, address: String)
        case reports(RemoteLink, [AgentReport])
        /// A part of what the agent's journal holds, after the reports that led to it.
        case summary(RemoteLink, JournalSummary)
        /// A dispatch that was asked for.
        case description(RemoteLink, HeldOrder)
        /// The agent has said which authorities it trusts, by their fingerprints.
        case trusts(RemoteLink, [[UInt8]])
        /// What is told of orders beside the reports.
        case notice(RemoteLink, OrderNotice)
        /// A sign of life.
        case heard(RemoteLink)
        case down(RemoteLink, reason: String)
    }

    let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func send(_ event: Event) {
        continuation.yield(event)
    }

    /// Ends the stream after what was sent.
    func finish() {
        continuation.finish()
    }
}
