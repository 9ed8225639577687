import ActiveResponse
import Logging
import Synchronization

/// The link to the manager's own executor, for responses with location `server`: the same module that agents run.
final class LocalLink: AgentLink {
    private let executor: ResponseExecutor

    init(executor: ResponseExecutor) {
        self.executor = executor
    }

    func send(_ order: Order) {
        executor.submit(order)
    }

    func acknowledge(through sequence: UInt64) {
        executor.acknowledge(through: sequence)
    }

    /// The manager's own executor is never cut off.
    func close(reason: String) {}
}
