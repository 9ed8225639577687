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
        let result: Result<Bool, LedgerError> = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            state.withLock { state in
                let changes = act(&state)
                guard !changes.isEmpty else { return answer.give(.success(false)) }
                ledger.enqueue(changes) { [holdAlarm] result in
                    holdAlarm.set(for: changes)
                    answer.give(result.map { true })
                }
            }
            guard let patience else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + patience) { [ledger] in
                answer.give(.failure(.delayed(reason: ledger.trouble ?? "it is slow")))
            }
        }
        return try result.get()
    }

    /// How long somebody who acts by hand waits for a ledger that cannot be written.
    static let patience = DispatchTimeInterval.seconds(5)
}

/// The first of several answers counts.
private final class FirstAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Result<Bool, LedgerError>, Never>?>

    init(_ continuation: CheckedContinuation<Result<Bool, LedgerError>, Never>) {
        self.continuation = Mutex(continuation)
    }

    func give(_ result: Result<Bool, LedgerError>) {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume(returning: result)
    }
}
