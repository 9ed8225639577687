import Synchronization

/// Counts the batches of reports of each agent that wait for the ledger, over all of its links.
///
/// A link alone bounds its own; an agent that connects again and again while the ledger stands still would bring more
/// each time.
final class ReportsUnderway: Sendable {
    private let limit: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter limit: how many batches of one agent may wait.
    init(limit: Int = 64) {
        self.limit = limit
    }

    /// Counts a batch; returns false when it is one too many.
    func begin(_ agent: String) -> Bool {
        counts.withLock { counts in
            let count = counts[agent, default: 0]
            guard count < limit else { return false }
            counts[agent] = count + 1
            return true
        }
    }

    func end(_ agent: String) {
        counts.withLock { counts in
            let left = counts[agent, default: 0] - 1
            counts[agent] = left > 0 ? left : nil
        }
    }
}
