import ActiveResponse
import ConfigurationTree
import Daemon
import Logging
import ServiceLifecycle
import Synchronization

/// The `<on_stop>` that is in force.
final class CurrentOnStop: Sendable {
    private let choice: Mutex<OnStop>

    init(_ choice: OnStop) { self.choice = Mutex(choice) }

    var value: OnStop {
        get { choice.withLock { $0 } }
        set { choice.withLock { $0 = newValue } }
    }
}

/// Undoes everything when the agent is told to stop, if the configuration says so.
///
/// It stops before the link to the manager, which so learns of it at once.
struct UndoOnStopService: Service {
    let executor: ResponseExecutor
    let onStop: CurrentOnStop
    let logger: Logger

    func run() async throws {
        // Cancelled instead of stopped in order when another service has failed: then all stays.
        guard (try? await gracefulShutdown()) != nil, onStop.value == .undo else { return }
        logger.notice("Agent is told to stop and undoes what is active")
        await executor.undoAll(by: "the agent's stop (on_stop)", within: StopLimit.undoing)
    }
}
