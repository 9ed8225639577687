/// A time in which an agent (or the manager, "000", as far as its own scripts go) could do nothing.
package struct Outage: Sendable, Equatable {
    package enum Cause: Sendable {
        /// kill -9; over when the next process was started.
        case killed
        /// SIGSTOP; over with SIGCONT.
        case stopped
    }

    package var agent: String
    package var cause: Cause
    /// By CLOCK_MONOTONIC in nanoseconds.
    package var from: Int64
    package var to: Int64

    package init(agent: String, cause: Cause, from: Int64, to: Int64) {
        self.agent = agent
        self.cause = cause
        self.from = from
        self.to = to
    }
}
