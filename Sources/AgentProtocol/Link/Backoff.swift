/// How long to wait before the next attempt to connect.
///
/// Full jitter: a random time between nothing and a bound that doubles with each failure. After a restart of the
/// manager its agents come back spread out over the bound, not in waves.
package struct Backoff: Equatable, Sendable {
    /// The bound for the first wait.
    package let base: Duration
    /// The bound that is never exceeded.
    package let maximum: Duration

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

    /// Begins anew.
    ///
    /// Call it when the peer has accepted the connection, not when it is merely open: a manager that refuses at once
    /// must not be asked in a tight loop.
    package mutating func reset() {
        bound = base
    }
}
