package import Alerts
import Daemon
package import Logging
package import Policy

/// An alert for which at least one response fires.
package struct FiredAlert: Sendable {
    package let alert: Alert
    /// The decisions that fire, in configuration order.
    package let decisions: [Decision]
}

/// Turns lines into decisions: the same way for every source, and for one thread at a time.
///
/// A line for which nothing can fire costs one scan and one cache lookup; it is never copied.
package struct AlertIntake {
    /// Nil for whichever a line has.
    private let format: AlertFormat?
    private let host = LocalHost.name
    private let context: DecisionContext
    private let statistics: SourceStatistics
    private let logger: Logger
    private var scanner = AlertScanner()
    private var cache = CandidateCache()
    private var snapshot: DecisionSnapshot
    private var generation: Int

    /// - Parameter format: whose alerts come; nil when each line may be of another.
    package init(
        format: AlertFormat? = .wazuh, context: DecisionContext, statistics: SourceStatistics, logger: Logger
    ) {
        self.format = format
        self.context = context
        self.statistics = statistics
        self.logger = logger
        self.generation = context.generation
        self.snapshot = context.current
    }

    /// Takes over a policy or an agent list that changed since the last batch.
    package mutating func refresh() {
        let current = context.generation
        guard current != generation else { return }
        generation = current
        snapshot = context.current
        cache = CandidateCache()
    }

    /// Decides one line.
    ///
    /// One that is no alert only for text that is not Unicode is repaired first: whoever writes into a log could
    /// otherwise keep an alert about him from being read (``LineRepair``).
    ///
    /// - Returns: the alert with the decisions that fire, or nil when none does.
    /// - Throws: when the line is no alert.
    package mutating func take(_ line: UnsafeRawBufferPointer) throws(AlertError) -> FiredAlert? {
        let fields: AlertFields
        let alert: Alert?
        do throws(AlertError) {
            if let format { fields = try scanner.scan(line, as: format) } else { fields = try scanner.scanAny(line) }
            alert =
                snapshot.policy.mayFire(fields, line: line, cache: &cache)
                ? try Alert(fields, line: line, host: host) : nil
        } catch  where error.isRepairable {
            return try LineRepair.wellFormed(line).withUnsafeBufferPointer { repaired throws(AlertError) in
                try take(UnsafeRawBufferPointer(repaired))
            }
        } catch {
            statistics.count(.invalid)
            throw error
        }
        statistics.count(.read)
        guard let alert else { return nil }
        statistics.count(.decided)
        var fired: [Decision] = []
        for decision in snapshot.policy.decide(alert, agents: snapshot.agents) {
            switch decision.outcome {
            case .fires:
                fired.append(decision)
            case .skipped(let reason):
                logger.info(
                    "Response does not fire",
                    metadata: .of([
                        .activeResponse: decision.response.name, .alert: alert.id, .rule: alert.ruleID,
                        .reason: reason,
                    ]))
            }
        }
        statistics.count(fired.isEmpty ? .skipped : .fired)
        return fired.isEmpty ? nil : FiredAlert(alert: alert, decisions: fired)
    }
}
