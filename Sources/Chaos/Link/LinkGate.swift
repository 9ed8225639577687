import Foundation
import Synchronization

/// What passes over a link at the moment; threads that carry bytes wait at it.
final class LinkGate: Sendable {
    enum Direction: Sendable {
        case toManager, toAgent
    }

    enum Mode: Sendable, Equatable {
        case open
        /// Connections are refused.
        case cut
        /// Bytes in these directions go no further, while everything looks connected.
        case stalled(toManager: Bool, toAgent: Bool)

        func holds(_ direction: Direction) -> Bool {
            switch (self, direction) {
            case (.stalled(true, _), .toManager), (.stalled(_, true), .toAgent): true
            default: false
            }
        }
    }

    private let condition = NSCondition()
    private let state = Mutex(Mode.open)

    var mode: Mode { state.withLock { $0 } }

    func set(_ mode: Mode) {
        condition.lock()
        state.withLock { $0 = mode }
        condition.broadcast()
        condition.unlock()
    }

    /// Returns as soon as bytes may pass in this direction.
    func pass(_ direction: Direction) {
        condition.lock()
        while mode.holds(direction) { condition.wait() }
        condition.unlock()
    }
}
