import Daemon
import ServiceLifecycle

/// Looks once a second whether an order has waited too long for its agent.
struct Housekeeping: Service {
    let dispatcher: Dispatcher

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                dispatcher.expire(now: Timestamp.now())
            }
        }
    }
}
