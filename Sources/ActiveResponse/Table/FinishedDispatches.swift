/// The dispatches that are over, kept for a while so that an order that comes twice is not run twice.
///
/// The boot clock, which nobody can set, counts how long that is. The wall clock does so only for the time in which
/// the daemon did not run, and within bounds: a clock that is set right by years must not make anything be forgotten.
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
        /// Tells this end from an earlier one of the same dispatch.
        let number: Int
        let outcome: Outcome
    }

    /// When a dispatch ended: by the boot clock, or, taken from the journal, by the wall clock until
    /// ``FinishedDispatches/resume(at:)``.
    private enum End {
        case boot(Int64)
        case wall(Int64)
    }

    /// An order is remembered for 24 hours, in milliseconds.
    private static let memory: Int64 = 24 * 3_600_000
    /// Whatever the wall clock says after a restart, nothing is taken for older than that, in milliseconds.
    private static let oldestAtStart: Int64 = 12 * 3_600_000

    private let limit: Int
    private var entries: [DispatchID: Entry] = [:]
    /// In the order of their ends; ids that left `entries` meanwhile are skipped.
    private var queue: [(id: DispatchID, number: Int, end: End)] = []
    private var head = 0
    private var nextNumber = 0

    package init(limit: Int = 100_000) {
        self.limit = limit
    }

    package var count: Int { entries.count }

    package subscript(_ id: DispatchID) -> Outcome? { entries[id]?.outcome }

    /// Remembers an end, and forgets what is too old by then.
    package mutating func insert(_ id: DispatchID, outcome: Outcome, at now: Moment) {
        append(id, outcome, .boot(now.boot))
        while head < queue.count, case .boot(let end) = queue[head].end, now.boot - end > Self.memory { forgetOldest() }
    }

    /// Takes an end from the journal.
    ///
    /// - Parameter wall: when it was, in unix milliseconds.
    package mutating func restore(_ id: DispatchID, outcome: Outcome, at wall: Int64) {
        append(id, outcome, .wall(wall))
    }

    /// The journal was read: from now on the boot clock counts.
    package mutating func resume(at now: Moment) {
        for index in queue.indices[head...] {
            guard case .wall(let wall) = queue[index].end else { continue }
            let age = min(max(now.wall - wall, 0), Self.oldestAtStart)
            queue[index].end = .boot(now.boot - age)
        }
    }

    /// Forgets a dispatch that is taken up again.
    package mutating func remove(_ id: DispatchID) {
        entries[id] = nil
    }

    /// Calls the body for each remembered end, oldest first, with its time by the wall clock of now.
    package func forEach(now: Moment, _ body: (DispatchID, Outcome, _ at: Int64) -> Void) {
        for item in queue[head...] {
            guard let entry = entries[item.id], entry.number == item.number else { continue }
            switch item.end {
            case .boot(let boot): body(item.id, entry.outcome, now.wall - (now.boot - boot))
            case .wall(let wall): body(item.id, entry.outcome, wall)
            }
        }
    }

    private mutating func append(_ id: DispatchID, _ outcome: Outcome, _ end: End) {
        entries[id] = Entry(number: nextNumber, outcome: outcome)
        queue.append((id, nextNumber, end))
        nextNumber += 1
        while entries.count > limit { forgetOldest() }
    }

    private mutating func forgetOldest() {
        // An id that was undone by hand later stands in the queue twice: only its last end counts.
        let oldest = queue[head]
        if entries[oldest.id]?.number == oldest.number { entries[oldest.id] = nil }
        head += 1
        if head > 1024, head > queue.count / 2 {
            queue.removeFirst(head)
            head = 0
        }
    }
}
