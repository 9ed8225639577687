import Dispatch
import Synchronization

extension Dispatcher {
    /// Acts under one hold of the lock and returns once the entries of that are in the ledger.
    ///
    /// - Parameter patience: what is done at once, whatever the ledger does, is answered after this time even when the
    ///   ledger cannot be written: somebody may wait for it in an emergency. Nil waits.
    /// - Returns: false when there were none: nothing was done.
    /// - Throws: ``LedgerError/delayed(reason:)`` when the patience is over; the entries are still on their way.
    func durably(
        patience: DispatchTimeInterval? = nil, _ act: (inout State) -> [LedgerChange]
    ) async throws(LedgerError) -> Bool {
        var isDone = false
        try await settled(patience: patience) { settle in
            state.withLock { state in
                let changes = act(&state)
                isDone = !changes.isEmpty
                guard isDone else { return settle(.success(())) }
                commit(changes, completion: settle)
            }
        }
        return isDone
    }

    /// Acts, and returns once it is told that what was done is in the ledger, or failed to get there.
    ///
    /// - Throws: ``LedgerError/delayed(reason:)`` when the patience is over before.
    func settled(
        patience: DispatchTimeInterval?, _ act: (@escaping @Sendable (Result<Void, LedgerError>) -> Void) -> Void
    ) async throws(LedgerError) {
        let result: Result<Void, LedgerError> = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            act(answer.give)
            guard let patience else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + patience) { [ledger] in
                answer.give(.failure(.delayed(reason: ledger.trouble ?? "it is slow")))
            }
        }
        try result.get()
    }

    /// How long a request waits for a ledger that cannot be written.
    static let patience = DispatchTimeInterval.seconds(5)
}

/// The first of several answers counts.
private final class FirstAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Result<Void, LedgerError>, Never>?>

    init(_ continuation: CheckedContinuation<Result<Void, LedgerError>, Never>) {
        self.continuation = Mutex(continuation)
    }

    func give(_ result: Result<Void, LedgerError>) {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume(returning: result)
    }
}
