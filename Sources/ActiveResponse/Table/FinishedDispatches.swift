/// The dispatches that are over, kept for a while so that an order that comes twice is not run twice.
package struct FinishedDispatches: Sendable {
    /// What the end of a dispatch left behind.
    package enum Outcome: UInt64, Sendable {
        /// Nothing was run, so there is nothing to undo.
        case nothingRan = 0
        /// The script ran; what it did stands and can be undone by hand.
        case ran = 1
        /// It was undone.
        case undone = 2
    }

    private struct Entry {
        let at: Int64
        let outcome: Outcome
    }

    /// An order is remembered for 24 hours, in milliseconds.
    private static let memory: Int64 = 24 * 3_600_000
    private let limit: Int
    private var entries: [DispatchID: Entry] = [:]
    /// In the order of their ends; ids that left `entries` meanwhile are skipped.
    private var queue: [(id: DispatchID, at: Int64)] = []
    private var head = 0

    package init(limit: Int = 100_000) {
        self.limit = limit
    }

    package var count: Int { entries.count }

    package subscript(_ id: DispatchID) -> Outcome? { entries[id]?.outcome }

    /// Remembers an end, and forgets what is too old by then.
    package mutating func insert(_ id: DispatchID, outcome: Outcome, at now: Int64) {
        entries[id] = Entry(at: now, outcome: outcome)
        queue.append((id, now))
        while head < queue.count, entries.count > limit || now - queue[head].at > Self.memory {
            // An id that was undone by hand later stands in the queue twice: only its last end counts.
            let oldest = queue[head]
            if entries[oldest.id]?.at == oldest.at { entries[oldest.id] = nil }
            head += 1
        }
        if head > 1024, head > queue.count / 2 {
            queue.removeFirst(head)
            head = 0
        }
    }

    /// Forgets a dispatch that is taken up again.
    package mutating func remove(_ id: DispatchID) {
        entries[id] = nil
    }

    /// Calls the body for each remembered end, oldest first.
    package func forEach(_ body: (DispatchID, Outcome, _ at: Int64) -> Void) {
        for item in queue[head...] {
            guard let entry = entries[item.id], entry.at == item.at else { continue }
            body(item.id, entry.outcome, entry.at)
        }
    }
}
