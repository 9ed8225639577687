/// How long to wait before the next attempt to connect.
///
/// Full jitter: a random time between nothing and a bound that doubles with each failure. After a restart of the
/// manager its agents come back spread out over the bound, not in waves.
package struct Backoff: Equatable, Sendable {
    /// The bound for the first wait.
    package let base: Duration
    /// The bound that is never exceeded.
    package let maximum: Duration

    /// Whoever was connected for so long was connected, however long the wait before.
    private static let lastingConnection = Duration.seconds(5)

    private var bound: Duration

    /// - Parameters:
    ///   - base: more than zero.
    ///   - maximum: at least `base`; a shorter time is taken as `base`.
    package init(base: Duration = .milliseconds(200), maximum: Duration = .seconds(30)) {
        self.base = max(base, .milliseconds(1))
        self.maximum = max(maximum, self.base)
        bound = self.base
    }

    /// The next wait, and doubles the bound.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { bound = min(bound * 2, maximum) }
        return bound * Double.random(in: 0...1, using: &generator)
    }

    /// Begins anew when a connection has lasted for longer than the next wait may.
    ///
    /// Call it at the end of a connection that the peer had accepted, not of one that was merely open. A manager that
    /// refuses, or that accepts and ends the connection, at once must not be asked in a tight loop.
    ///
    /// - Parameter duration: how long it was accepted.
    package mutating func wasConnected(for duration: Duration) {
        if duration >= min(bound, Self.lastingConnection) { bound = base }
    }
}
