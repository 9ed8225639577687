import Foundation

/// Keeps a source from running ahead of the ledger, and decides when a position without alerts is worth saving.
///
/// `@unchecked Sendable`: all state is guarded by the condition's lock.
final class BatchPace: @unchecked Sendable {
    /// How many batches may wait for the ledger.
    ///
    /// More would only grow memory while the disk is the limit.
    private static let limit = 64
    /// A position that only skips alerts that fired nothing is saved this often, in nanoseconds: reading them
    /// again after a crash is harmless.
    private static let positionInterval: UInt64 = 1_000_000_000

    private let condition = NSCondition()
    private var underway = 0
    private var isStopping = false
    private var position = ""
    private var savedAt: UInt64 = 0

    var lastPosition: String { condition.withLock { position } }

    func isPositionOverdue(_ current: FilePosition) -> Bool {
        condition.withLock {
            DispatchTime.now().uptimeNanoseconds - savedAt >= Self.positionInterval && current.description != position
        }
    }

    /// Waits for a free place and takes it.
    ///
    /// - Returns: false when there is none and the source is to stop: the batch is read again next time.
    func begin(position: FilePosition) -> Bool {
        condition.withLock {
            while underway >= Self.limit, !isStopping { condition.wait() }
            guard underway < Self.limit else { return false }
            underway += 1
            self.position = position.description
            savedAt = DispatchTime.now().uptimeNanoseconds
            return true
        }
    }

    /// Ends the waiting for a place, now and later.
    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    func end() {
        condition.withLock {
            underway -= 1
            condition.broadcast()
        }
    }

    /// Waits until everything that was handed over is durable or failed, three seconds at the most.
    func waitUntilIdle() {
        let deadline = Date(timeIntervalSinceNow: 3)
        condition.lock()
        while underway > 0, condition.wait(until: deadline) {}
        condition.unlock()
    }
}
