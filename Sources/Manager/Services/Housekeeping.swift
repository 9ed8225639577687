import Daemon
import ServiceLifecycle

/// Looks once a second whether an order has waited too long for its agent, and whether an agent is to be asked for what
/// the ledger does not know.
struct Housekeeping: Service {
    let dispatcher: Dispatcher

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let now = Timestamp.now()
                dispatcher.expire(now: now)
                dispatcher.askForUnknown(now: now)
            }
        }
    }
}
