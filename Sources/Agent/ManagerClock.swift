package import ActiveResponse
package import AgentProtocol

/// How far the manager's clock is ahead of this machine's, so that an order's times can be read by the clock here.
///
/// Without it an agent whose clock is an hour ahead would find every order expired on arrival, and one whose clock is
/// behind would run what nobody wants any more.
package struct ManagerClock: Sendable {
    /// What the way of a message can take looks like a difference too, and is none; in milliseconds.
    private static let tolerance: Int64 = 2_000
    /// A difference that somebody should hear of, in milliseconds.
    private static let remarkable: Int64 = 30_000

    /// In milliseconds; 0 when the clocks agree.
    package let ahead: Int64

    /// - Parameter now: unix milliseconds by the clock here, when the message came.
    package init(_ welcome: Welcome, now: Int64) {
        let (difference, overflow) = welcome.serverTime.subtractingReportingOverflow(now)
        // A manager that does not tell its time has none that could differ.
        ahead = overflow || welcome.serverTime <= 0 || abs(difference) <= Self.tolerance ? 0 : difference
    }

    package var isRemarkable: Bool { abs(ahead) >= Self.remarkable }

    /// An order of this manager with its times by the clock here.
    package func localized(_ order: Order) -> Order {
        guard ahead != 0 else { return order }
        var order = order
        // 0 means that there is no such time.
        if order.expiresAt > 0 { order.expiresAt = max(1, order.expiresAt.subtractingClamped(ahead)) }
        if order.alertRaisedAt > 0 { order.alertRaisedAt = max(1, order.alertRaisedAt.subtractingClamped(ahead)) }
        return order
    }
}

extension Int64 {
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
