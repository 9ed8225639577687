import Synchronization

/// Says when the next held response wants its default answer, without anybody asking for the time.
final class HoldAlarm: Sendable {
    /// Deadlines in unix milliseconds, each earlier than those for which nobody has rung yet.
    let deadlines: AsyncStream<Int64>
    private let continuation: AsyncStream<Int64>.Continuation
    private let earliest = Mutex<Int64?>(nil)

    init() {
        (deadlines, continuation) = AsyncStream.makeStream()
    }

    /// There is a held response with this deadline.
    func set(_ deadline: Int64) {
        earliest.withLock { earliest in
            if let earliest, earliest <= deadline { return }
            earliest = deadline
            continuation.yield(deadline)
        }
    }

    /// These changes are in the ledger; some may hold a response.
    func set(for changes: [LedgerChange]) {
        for case .dispatch(let new) in changes {
            if let hold = new.hold { set(hold.deadline) }
        }
    }

    /// The time of a deadline has come.
    func rang(_ deadline: Int64) {
        earliest.withLock { earliest in
            if earliest == deadline { earliest = nil }
        }
    }
}
