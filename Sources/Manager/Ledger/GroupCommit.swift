import Dispatch
import Synchronization

/// Gathers the changes of many callers and commits them together.
///
/// While one commit is being synced, the next batch collects: a sync costs the same for one caller and for a thousand.
/// Commits run on a thread of their own, never on Swift's cooperative pool: a sync of the disk may take long.
final class GroupCommit<Change: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Void, LedgerError>) -> Void

    /// What whoever looks after the ledger should know.
    enum Notice: Sendable {
        /// Commits are held up and tried again, for this reason; told once for each reason.
        case stalled(LedgerError)
        /// Commits go on.
        case resumed
        /// What was held up is dropped, because the ledger closes.
        case gaveUp(LedgerError)
        /// A call was taken out because its own changes can never be committed.
        case rejected([Change], LedgerError)
    }

    private struct Call {
        let changes: [Change]
        let completion: Completion
    }

    private struct State {
        var waiting: [Call] = []
        var committing = 0
        var isScheduled = false
        /// Nothing is held up any more: what cannot be committed at once fails.
        var isEnding = false
        /// Something held up was dropped at the end, so nothing that came after it may be committed.
        var hasGivenUp = false
        var isClosed = false
    }

    /// Bounds how long the first caller of a batch waits for the last one's work.
    private let batchLimit: Int
    /// How long the first call of a batch waits for others.
    private let gathering: DispatchTimeInterval
    /// How long to wait before a commit that failed is tried again; nil fails it at once.
    private let retryPause: Duration?
    private let notify: @Sendable (Notice) -> Void
    private let ending = DispatchSemaphore(value: 0)
    private let commit: @Sendable ([Change]) throws(LedgerError) -> Void
    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// - Parameters:
    ///   - batchLimit: about how many changes go into one commit; a single call is never divided.
    ///   - gathering: how long the first call of a batch waits for others before it is committed.
    ///   - retryPause: an error that no change causes (a full disk, a lock, a broken disk) holds everything up and is
    ///     tried again after this pause, in the same order: no later change (a source's position, a report's number)
    ///     may be committed before an earlier one. Nil fails the calls at once.
    ///   - notify: called on the commit thread.
    ///   - commit: makes all changes durable, or none of them and throws.
    init(
        label: String, batchLimit: Int, gathering: DispatchTimeInterval = .never, retryPause: Duration? = nil,
        notify: @escaping @Sendable (Notice) -> Void = { _ in },
        commit: @escaping @Sendable ([Change]) throws(LedgerError) -> Void
    ) {
        self.batchLimit = batchLimit
        self.gathering = gathering
        self.retryPause = retryPause
        self.notify = notify
        self.commit = commit
        self.queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    /// How many calls have not been completed.
    var depth: Int {
        state.withLock { $0.waiting.count + $0.committing }
    }

    func enqueue(_ changes: [Change], completion: @escaping Completion) {
        let (accepted, needsThread) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(Call(changes: changes, completion: completion))
            defer { state.isScheduled = true }
            return (true, !state.isScheduled)
        }
        if !accepted { completion(.failure(.closed)) }
        guard needsThread else { return }
        if gathering == .never {
            queue.async { self.drain() }
        } else {
            queue.asyncAfter(deadline: .now() + gathering) { self.drain() }
        }
    }

    /// From now on nothing is held up: what cannot be committed at once fails, and with it everything after it.
    func stopWaiting() {
        state.withLock { $0.isEnding = true }
        ending.signal()
    }

    /// Commits what waits and takes nothing more.
    ///
    /// What is held up fails.
    func close() async {
        state.withLock { $0.isClosed = true }
        stopWaiting()
        // The queue is serial: a commit that is under way has ended when this block runs, and it commits the rest.
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    private func drain() {
        while let batch = nextBatch() {
            commit(batch)
            state.withLock { $0.committing = 0 }
        }
    }

    private func nextBatch() -> [Call]? {
        state.withLock { state in
            var size = 0
            var count = 0
            while count < state.waiting.count, count == 0 || size + state.waiting[count].changes.count <= batchLimit {
                size += state.waiting[count].changes.count
                count += 1
            }
            guard count > 0 else {
                state.isScheduled = false
                return nil
            }
            let batch = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.committing = count
            return batch
        }
    }

    private func commit(_ batch: [Call]) {
        guard !state.withLock({ $0.hasGivenUp }) else {
            return complete(batch, .failure(.closed))
        }
        do throws(LedgerError) {
            try commitPatiently(batch.flatMap(\.changes))
            complete(batch, .success(()))
        } catch {
            if !error.isOfChange {
                let isEnding = state.withLock { state in
                    state.hasGivenUp = state.isEnding
                    return state.isEnding
                }
                if isEnding { notify(.gaveUp(error)) }
                complete(batch, .failure(error))
            } else if batch.count > 1 {
                // One caller's unacceptable change must not fail the others.
                for call in batch { commit([call]) }
            } else {
                notify(.rejected(batch.flatMap(\.changes), error))
                complete(batch, .failure(error))
            }
        }
    }

    private func complete(_ batch: [Call], _ result: Result<Void, LedgerError>) {
        for call in batch { call.completion(result) }
    }

    private func commitPatiently(_ changes: [Change]) throws(LedgerError) {
        var stall: LedgerError?
        while true {
            do throws(LedgerError) {
                try commit(changes)
                if stall != nil { notify(.resumed) }
                return
            } catch {
                if error.isOfChange, stall != nil { notify(.resumed) }
                guard !error.isOfChange, let retryPause, !state.withLock({ $0.isEnding }) else { throw error }
                if stall != error { notify(.stalled(error)) }
                stall = error
                let pause = Int(retryPause / .milliseconds(1))
                if ending.wait(timeout: .now() + .milliseconds(pause)) == .success { ending.signal() }
            }
        }
    }
}
