import Synchronization

/// What one source has seen since the manager started, for `status`.
package final class SourceStatistics: Sendable {
    /// The things that are counted.
    package enum Counter: Sendable {
        /// Lines that are alerts.
        case read
        /// Alerts whose rule, level or group matched at least one response.
        case decided
        /// Alerts for which at least one response fired.
        case fired
        /// Alerts that matched a response, but none fired (white list, missing field, no such agent).
        case skipped
        /// Lines that are no alerts.
        case invalid
    }

    package let name: String
    private let readCount = Atomic<Int>(0)
    private let decidedCount = Atomic<Int>(0)
    private let firedCount = Atomic<Int>(0)
    private let skippedCount = Atomic<Int>(0)
    private let invalidCount = Atomic<Int>(0)

    private let trouble = Mutex<String?>(nil)

    package init(name: String) {
        self.name = name
    }

    package func count(_ counter: Counter) {
        switch counter {
        case .read: readCount.add(1, ordering: .relaxed)
        case .decided: decidedCount.add(1, ordering: .relaxed)
        case .fired: firedCount.add(1, ordering: .relaxed)
        case .skipped: skippedCount.add(1, ordering: .relaxed)
        case .invalid: invalidCount.add(1, ordering: .relaxed)
        }
    }

    /// What keeps the source from being read, or from being watched; nil when nothing does.
    package var problem: String? { trouble.withLock { $0 } }

    package func note(problem: String?) {
        trouble.withLock { $0 = problem }
    }

    package func value(_ counter: Counter) -> Int {
        switch counter {
        case .read: readCount.load(ordering: .relaxed)
        case .decided: decidedCount.load(ordering: .relaxed)
        case .fired: firedCount.load(ordering: .relaxed)
        case .skipped: skippedCount.load(ordering: .relaxed)
        case .invalid: invalidCount.load(ordering: .relaxed)
        }
    }
}
