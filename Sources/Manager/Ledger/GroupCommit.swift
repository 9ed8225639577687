import Dispatch
import Synchronization

/// Gathers the changes of many callers and commits them together.
///
/// While one commit is being synced, the next batch collects: a sync costs the same for one caller and for a thousand.
/// Commits run on a thread of their own, never on Swift's cooperative pool: a sync of the disk may take long.
final class GroupCommit<Change: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Void, LedgerError>) -> Void

    private struct Call {
        let changes: [Change]
        let completion: Completion
    }

    private struct State {
        var waiting: [Call] = []
        var committing = 0
        var isScheduled = false
        var isClosed = false
    }

    /// Bounds how long the first caller of a batch waits for the last one's work.
    private let batchLimit: Int
    /// How long the first call of a batch waits for others.
    private let gathering: DispatchTimeInterval
    /// How long to wait before a commit that found the disk full is tried again; nil fails it at once.
    private let retryPause: Duration?
    private let onStall: @Sendable (LedgerError) -> Void
    private let closing = DispatchSemaphore(value: 0)
    private let commit: @Sendable ([Change]) throws(LedgerError) -> Void
    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// - Parameters:
    ///   - batchLimit: about how many changes go into one commit; a single call is never divided.
    ///   - gathering: how long the first call of a batch waits for others before it is committed.
    ///   - retryPause: a full disk holds everything up and is tried again after this pause, in the same order: no
    ///     later change (a source's position, a report's number) may be committed before an earlier one. Nil fails
    ///     the calls at once.
    ///   - onStall: called when a commit is held up, once for each time.
    ///   - commit: makes all changes durable, or none of them and throws.
    init(
        label: String, batchLimit: Int, gathering: DispatchTimeInterval = .never, retryPause: Duration? = nil,
        onStall: @escaping @Sendable (LedgerError) -> Void = { _ in },
        commit: @escaping @Sendable ([Change]) throws(LedgerError) -> Void
    ) {
        self.batchLimit = batchLimit
        self.gathering = gathering
        self.retryPause = retryPause
        self.onStall = onStall
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

    /// Commits what waits and takes nothing more.
    ///
    /// What a full disk holds up fails.
    func close() async {
        state.withLock { $0.isClosed = true }
        closing.signal()
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
        do {
            try commitPatiently(batch.flatMap(\.changes))
            for call in batch { call.completion(.success(())) }
        } catch {
            // One caller's unacceptable change must not fail the others; a full disk fails them all.
            guard batch.count > 1, error != .diskFull else {
                for call in batch { call.completion(.failure(error)) }
                return
            }
            for call in batch { commit([call]) }
        }
    }

    private func commitPatiently(_ changes: [Change]) throws(LedgerError) {
        var isStalled = false
        while true {
            do throws(LedgerError) {
                return try commit(changes)
            } catch {
                guard error == .diskFull, let retryPause, !state.withLock({ $0.isClosed }) else { throw error }
                if !isStalled { onStall(error) }
                isStalled = true
                let pause = Int(retryPause / .milliseconds(1))
                if closing.wait(timeout: .now() + .milliseconds(pause)) == .success { closing.signal() }
            }
        }
    }
}
