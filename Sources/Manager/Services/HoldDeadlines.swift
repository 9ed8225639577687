import Daemon
import Logging
import ServiceLifecycle

/// Gives held responses their default answer when their time is over; those that were due while the manager was down,
/// at once.
struct HoldDeadlines: Service {
    /// How long to wait, in milliseconds, when the ledger cannot be read.
    private static let pause: Int64 = 5000

    let dispatcher: Dispatcher
    let ledger: any Ledger
    let logger: Logger

    func run() async throws {
        await setAlarm(notBefore: 0)
        await withDiscardingTaskGroup { group in
            for await deadline in dispatcher.holdAlarm.deadlines.cancelOnGracefulShutdown() {
                group.addTask {
                    let left = max(0, deadline - Timestamp.now())
                    guard (try? await Task.sleep(for: .milliseconds(left))) != nil else { return }
                    dispatcher.holdAlarm.rang(deadline)
                    await settle()
                }
            }
            group.cancelAll()
        }
    }

    private func settle() async {
        do throws(LedgerError) {
            try await dispatcher.settleOverdueHolds()
        } catch {
            return trouble(error)
        }
        // What is overdue still is being answered by somebody else, whose answer waits for the ledger.
        await setAlarm(notBefore: Timestamp.now() + Self.pause)
    }

    private func setAlarm(notBefore earliest: Int64) async {
        do throws(LedgerError) {
            guard let next = try await ledger.nextHoldDeadline() else { return }
            dispatcher.holdAlarm.set(next <= Timestamp.now() ? max(next, earliest) : next)
        } catch {
            trouble(error)
        }
    }

    private func trouble(_ error: LedgerError) {
        // The manager stops; the next start takes up where this one ends.
        if error == .closed || error == .cancelled { return }
        logger.error("Held responses cannot be looked up", metadata: .of([.error: error]))
        dispatcher.holdAlarm.set(Timestamp.now() + Self.pause)
    }
}
