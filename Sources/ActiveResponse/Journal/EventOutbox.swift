import Synchronization

/// The events on their way to the manager: numbered, kept until acknowledged, and shown to nobody before they are
/// on disk, so that a number that the manager has seen is never given to another event.
package final class EventOutbox: Sendable {
    /// What becomes safe.
    package enum Delivery: Sendable {
        case event(ResponseEvent)
        /// A place between two events, see ``EventOutbox/mark(_:)``.
        case mark(@Sendable () -> Void)

        /// Nil for a place between two events.
        package var event: ResponseEvent? {
            if case .event(let event) = self { event } else { nil }
        }
    }

    private struct State {
        var pending: [ResponseEvent] = []
        var next: UInt64
        /// Events up to here are in the journal's file.
        var written: UInt64
        /// Events up to here may be shown.
        var released: UInt64
        var acknowledged: UInt64 = 0
        var outputBytes = 0
        /// Places behind the event of this number, in their order.
        var marks: [(behind: UInt64, body: @Sendable () -> Void)] = []
    }

    /// While a manager is away no more than so much output is kept for it, in bytes; later events keep only a little.
    private static let outputBudget = 16 << 20
    private static let shortOutput = 1024

    private let state: Mutex<State>
    private let limit: Int

    /// Takes up what the journal holds.
    ///
    /// - Parameters:
    ///   - records: the journal's records.
    ///   - limit: with so many events it is full.
    ///   - now: unix milliseconds. Numbers begin with the microseconds of now where that is more than was given away
    ///     before: a number is not used twice even when the end of the journal, or all of it, was lost.
    package init(records: [JournalRecord], now: Int64, limit: Int = .max) {
        self.limit = limit
        var pending: [ResponseEvent] = []
        var last: UInt64 = 0
        var acknowledged: UInt64 = 0
        for record in records {
            switch record {
            case .event(let event):
                pending.append(event)
                last = max(last, event.sequence)
            case .numbered(let through): last = max(last, through)
            case .acknowledged(let through): acknowledged = max(acknowledged, through)
            default: break
            }
        }
        last = max(last, acknowledged)
        pending.removeAll { $0.sequence <= acknowledged }
        state = Mutex(
            State(
                pending: pending, next: max(last + 1, UInt64(clamping: now) * 1000), written: last, released: last,
                acknowledged: acknowledged, outputBytes: pending.reduce(0) { $0 + $1.output.count }))
    }

    /// Numbers an event and keeps it; it is to be journaled as it is returned.
    package func number(_ event: ResponseEvent) -> ResponseEvent {
        state.withLock { state in
            var event = event
            event.sequence = state.next
            state.next += 1
            if state.outputBytes + event.output.count > Self.outputBudget {
                event.output = Array(event.output.suffix(Self.shortOutput))
            }
            state.outputBytes += event.output.count
            state.pending.append(event)
            return event
        }
    }

    /// Whether so many events wait for the manager that nothing new is to be begun.
    ///
    /// What is under way is told all the same.
    package var isFull: Bool { state.withLock { $0.pending.count >= limit } }

    /// Whether there is room again for a good many.
    package var hasRoom: Bool { state.withLock { $0.pending.count <= limit / 2 } }

    /// All events numbered so far were given to the journal.
    package func wrote() {
        state.withLock { $0.written = $0.next - 1 }
    }

    /// Up to where events were given to the journal: what a sync that begins now makes safe.
    package var written: UInt64 { state.withLock { $0.written } }

    /// Marks the place behind all events numbered so far: the body is delivered after these and before all others.
    package func mark(_ body: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.marks.append((max(state.pending.last?.sequence ?? 0, state.released), body))
        }
    }

    /// Events up to a number are safe now: returns those that may be shown for the first time, and the marks up to
    /// there.
    package func release(through: UInt64) -> [Delivery] {
        state.withLock { state in
            let end = max(through, state.released)
            var marks = state.marks.prefix { $0.behind <= end }
            state.marks.removeFirst(marks.count)
            var deliveries: [Delivery] = []
            if end > state.released {
                let released = state.released
                state.released = end
                let first = state.pending.firstIndex { $0.sequence > released } ?? state.pending.endIndex
                for event in state.pending[first...].prefix(while: { $0.sequence <= end }) {
                    while let mark = marks.first, mark.behind < event.sequence {
                        deliveries.append(.mark(mark.body))
                        marks.removeFirst()
                    }
                    deliveries.append(.event(event))
                }
            }
            return deliveries + marks.map { .mark($0.body) }
        }
    }

    /// The manager has everything up to a number.
    ///
    /// Numbers that it cannot have seen do not count.
    ///
    /// - Returns: what to journal; nil when nothing changed.
    package func acknowledge(through: UInt64) -> JournalRecord? {
        state.withLock { state in
            let through = min(through, state.released)
            guard through > state.acknowledged else { return nil }
            state.acknowledged = through
            let keep = state.pending.firstIndex { $0.sequence > through } ?? state.pending.endIndex
            state.outputBytes -= state.pending[..<keep].reduce(0) { $0 + $1.output.count }
            state.pending.removeFirst(keep)
            return .acknowledged(through: through)
        }
    }

    /// The events that may be shown and were not acknowledged, oldest first.
    package func unacknowledged() -> [ResponseEvent] {
        state.withLock { state in state.pending.filter { $0.sequence <= state.released } }
    }

    /// The records from which the outbox can be built again.
    package func records() -> [JournalRecord] {
        state.withLock { state in
            [.numbered(through: state.next - 1), .acknowledged(through: state.acknowledged)]
                + state.pending.map(JournalRecord.event)
        }
    }
}
