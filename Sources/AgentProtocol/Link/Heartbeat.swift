package import NIOCore

/// Decides when to ask a silent peer for a sign of life and when to give it up.
///
/// It is a value without a clock: the owner tells it what happens and when, and calls ``tick(now:)`` at
/// ``nextTick``. Either side of a link may run one; any traffic counts, so a busy link sends no pings.
package struct Heartbeat: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// Nothing yet; call again at ``Heartbeat/nextTick``.
        case wait
        /// Send a ping with this number.
        case ping(nonce: UInt64)
        /// The peer is gone: close the connection.
        case dead
    }

    /// After how much silence a ping is sent, and how long until the next one.
    package let interval: TimeAmount
    /// After how much silence the link counts as dead.
    package let deadAfter: TimeAmount

    private var lastHeard: NIODeadline
    private var lastPing: NIODeadline?
    private var lastNonce: UInt64 = 0

    /// - Parameters:
    ///   - now: when the link was established.
    ///   - interval: at least a millisecond.
    ///   - deadAfter: at least twice the interval, and taken as that when it is shorter: a peer must be asked, and
    ///     must have time to answer.
    package init(now: NIODeadline, interval: TimeAmount = .seconds(8), deadAfter: TimeAmount = .seconds(20)) {
        self.interval = max(interval, .milliseconds(1))
        self.deadAfter = max(deadAfter, self.interval * 2)
        lastHeard = now
    }

    /// When ``tick(now:)`` will have something to do, unless something is heard before.
    package var nextTick: NIODeadline {
        let nextPing = max(lastHeard, lastPing ?? lastHeard) + interval
        return min(nextPing, lastHeard + deadAfter)
    }

    /// Bytes or a message came from the peer.
    package mutating func heard(now: NIODeadline) {
        // The clock is monotonic, yet events may be reported late and out of order.
        lastHeard = max(lastHeard, now)
    }

    /// Says what is due.
    ///
    /// Calling it early or twice does no harm.
    package mutating func tick(now: NIODeadline) -> Action {
        if now >= lastHeard + deadAfter { return .dead }
        guard now >= nextTick else { return .wait }
        lastPing = now
        lastNonce += 1
        return .ping(nonce: lastNonce)
    }
}
