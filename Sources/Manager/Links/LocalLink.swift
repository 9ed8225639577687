import ActiveResponse
import Logging
import Synchronization

/// The link to the manager's own executor, for responses with location `server`: the same module that agents run.
final class LocalLink: AgentLink {
    private let executor: ResponseExecutor
    private let onDescription: @Sendable ([HeldOrder]) -> Void

    /// - Parameter onDescription: gets the orders that were asked for, in their place among the executor's events.
    init(executor: ResponseExecutor, onDescription: @escaping @Sendable ([HeldOrder]) -> Void) {
        self.executor = executor
        self.onDescription = onDescription
    }

    func describe(_ ids: [DispatchID]) {
        executor.describe(ids, onDescription)
    }

    func send(_ order: Order) {
        executor.submit(order)
    }

    func pause(_ isPaused: Bool) {
        executor.update(isPaused: isPaused)
    }

    func acknowledge(through sequence: UInt64) {
        executor.acknowledge(through: sequence)
    }

    /// The manager's own executor is never cut off.
    func close(reason: String) {}
}
