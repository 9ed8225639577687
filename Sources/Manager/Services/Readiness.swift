import ServiceLifecycle
import Synchronization

/// Tells when all doors are open.
final class Readiness: Sendable {
    private let left: Mutex<Int>
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(doors: Int) {
        left = Mutex(doors)
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// One more door is open.
    func opened() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast {
            continuation.yield()
            continuation.finish()
        }
    }

    /// Waits for the last door.
    ///
    /// - Returns: false when the manager is told to stop before that.
    func wait() async -> Bool {
        for await _ in stream.cancelOnGracefulShutdown() { return true }
        return false
    }
}
