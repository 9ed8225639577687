import ActiveResponse
import Synchronization

/// What happens on the links, on its way from the event loops to the dispatcher: in the order in which it happened
/// on each link.
///
/// What waits here is bounded by whoever sends it: a link is read on only when its reports are acknowledged and its
/// summaries and descriptions were taken; signs of life come once a second, and the others once for each link.
final class LinkEvents: Sendable {
    enum Event: Sendable {
        /// An agent is connected and known.
        /// - Parameters:
        ///   - journal: names the agent's journal.
        case up(RemoteLink, journal: String, version: String, address: String)
        /// Those that follow each other are taken together.
        case reports([ReportBatch])
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

    /// More batches are added to an event only while it has fewer reports: they are taken under one lock, which others want
    /// too.
    private static let gathering = 256

    private struct State {
        var waiting: [Event] = []
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func send(_ event: Event) {
        wake { state in
            guard !state.isFinished else { return }
            guard case .reports(let new) = event, case .reports(var batches)? = state.waiting.last,
                batches.reduce(0, { $0 + $1.reports.count }) < Self.gathering
            else { return state.waiting.append(event) }
            // Taken out first, so that the array is not copied.
            state.waiting.removeLast()
            batches += new
            state.waiting.append(.reports(batches))
        }
    }

    /// Takes nothing more; what was sent before can still be read.
    func finish() {
        wake { $0.isFinished = true }
    }

    /// Everything that was sent since the last call, as soon as there is something; nothing after the end.
    ///
    /// There is one reader. It gets as much at once as came while it was busy, so that it can be quicker the more there is.
    func next() async -> [Event] {
        await withCheckedContinuation { reader in
            let isReady = state.withLock { state in
                let isReady = !state.waiting.isEmpty || state.isFinished
                if !isReady { state.reader = reader }
                return isReady
            }
            if isReady { reader.resume() }
        }
        return state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }?.resume()
    }
}
