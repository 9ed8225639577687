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
    private var position = ""
    private var savedAt: UInt64 = 0

    var lastPosition: String { condition.withLock { position } }

    func isPositionOverdue(_ current: FilePosition) -> Bool {
        condition.withLock {
            DispatchTime.now().uptimeNanoseconds - savedAt >= Self.positionInterval && current.description != position
        }
    }

    /// Waits for a free place and takes it.
    func begin(position: FilePosition) {
        condition.lock()
        while underway >= Self.limit { condition.wait() }
        underway += 1
        self.position = position.description
        savedAt = DispatchTime.now().uptimeNanoseconds
        condition.unlock()
    }

    func end() {
        condition.withLock {
            underway -= 1
            condition.broadcast()
        }
    }

    /// Waits until everything that was handed over is durable, five seconds at the most.
    func waitUntilIdle() {
        let deadline = Date(timeIntervalSinceNow: 5)
        condition.lock()
        while underway > 0, condition.wait(until: deadline) {}
        condition.unlock()
    }
}
