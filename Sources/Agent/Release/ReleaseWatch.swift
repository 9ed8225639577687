import ActiveResponse
import Synchronization

/// Lets a release see what comes of its undos, beside the manager who hears of the same events.
final class ReleaseWatch: Sendable {
    private let watchers = Mutex<[Int: AsyncStream<ResponseEvent>.Continuation]>([:])

    /// Takes an event from the executor.
    func note(_ event: ResponseEvent) {
        // Not under the lock: yielding takes the lock of the waiting task, under which its cancellation comes here.
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.yield(event) }
    }

    /// All events from now on, until the stream is let go of.
    func events() -> AsyncStream<ResponseEvent> {
        let (events, continuation) = AsyncStream.makeStream(of: ResponseEvent.self)
        let key = watchers.withLock { watchers in
            let key = (watchers.keys.max() ?? 0) + 1
            watchers[key] = continuation
            return key
        }
        continuation.onTermination = { [weak self] _ in
            self?.watchers.withLock { $0[key] = nil }
        }
        return events
    }
}
