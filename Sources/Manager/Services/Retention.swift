import Daemon
import Logging
import ManagerSettings
import ServiceLifecycle
import Synchronization

/// Removes from the ledger what is over and old, and what is over when the ledger grows too large.
///
/// In small steps with pauses between them: each is a transaction of the one writer, and deciding waits for none longer
/// than for a commit.
struct Retention: Service {
    /// How the last look ended, for `edr-control status`.
    final class Status: Sendable {
        private let current = Mutex<String?>(nil)

        /// What the administrator has to do something about; nil when all is well.
        var problem: String? { current.withLock { $0 } }

        fileprivate func set(problem: String?) {
            current.withLock { $0 = problem }
        }
    }

    /// The ids of what was removed are remembered at least so long, in milliseconds: an alert file of that age may come
    /// back (a restored copy, a source under a new name), and must fire nothing twice.
    private static let shortestMemory: Int64 = 30 * 86_400_000
    /// Between two steps.
    private static let pause = Duration.milliseconds(50)
    /// How many ids are forgotten in one step.
    private static let forgetStep = 1_000
    /// How much is given back to the file system in one step, in bytes.
    private static let shrinkStep = 1 << 20

    let ledger: any Ledger
    let settings: LedgerConfiguration
    let status: Status
    let logger: Logger

    func run() async throws {
        // Short times are for tests and for trying it out.
        let interval = min(max(settings.keep / 4, .seconds(1)), .seconds(60))
        await cancelWhenGracefulShutdown {
            var isPressing = false
            repeat {
                do throws(LedgerError) {
                    try await clean(&isPressing)
                } catch {
                    if error != .cancelled, error != .closed {
                        logger.error("Ledger cannot be tidied up", metadata: .of([.error: error]))
                    }
                }
            } while (try? await Task.sleep(for: interval)) != nil
        }
    }

    /// One look: what is too old, what is too much, what can be given back.
    ///
    /// - Parameter isPressing: whether the last look found the ledger too large, for which there is one warning.
    private func clean(_ isPressing: inout Bool) async throws(LedgerError) {
        let keep = settings.keep.milliseconds
        let started = Timestamp.now()
        var removal = LedgerRemoval(
            before: started - keep, now: started, rememberUntil: started + max(keep, Self.shortestMemory))
        var removed = 0
        func step() async throws(LedgerError) -> Bool {
            let outcome = try await ledger.remove(removal)
            removed += outcome.responses
            removal.after = outcome.next ?? 0
            guard outcome.next != nil, !Task.isCancelled else { return false }
            try? await Task.sleep(for: Self.pause)
            return !Task.isCancelled
        }
        while try await step() {}
        while try await ledger.forget(at: started, limit: Self.forgetStep), !Task.isCancelled {
            try? await Task.sleep(for: Self.pause)
        }

        var size = try await ledger.size()
        if size.used > settings.maxSize {
            if !isPressing {
                logger.warning(
                    "Ledger is larger than max_size: the oldest responses that are over go before their time",
                    metadata: .of([.count: size.used]))
            }
            isPressing = true
            for scope in [LedgerRemoval.Scope.orphans, .all] {
                removal.scope = scope
                removal.after = 0
                while size.used > settings.maxSize, try await step() { size = try await ledger.size() }
                size = try await ledger.size()
            }
        } else {
            isPressing = false
        }
        report(size)
        if removed > 0 {
            logger.info("Old responses were removed from the ledger", metadata: .of([.count: removed]))
        }
        try await shrink()
    }

    private func report(_ size: LedgerSize) {
        guard size.used > settings.maxSize, !Task.isCancelled else { return status.set(problem: nil) }
        let problem =
            "it takes \(size.used >> 20) MiB, which is more than max_size (\(settings.maxSize >> 20) MiB), and nothing "
            + "in it is over; raise <ledger><max_size>, or end what is active"
        if status.problem == nil {
            logger.error(
                "Ledger is larger than max_size and holds nothing that could be removed",
                metadata: .of([.reason: problem]))
        }
        status.set(problem: problem)
    }

    /// Gives free room back, but for a tenth that the next responses take again.
    private func shrink() async throws(LedgerError) {
        var size = try await ledger.size()
        while size.file - size.used > max(size.used / 10, Self.shrinkStep), !Task.isCancelled {
            try await ledger.shrink(limit: Self.shrinkStep)
            try? await Task.sleep(for: Self.pause)
            let smaller = try await ledger.size()
            guard smaller.file < size.file else { return }
            size = smaller
        }
    }
}

extension Duration {
    /// In whole milliseconds.
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
