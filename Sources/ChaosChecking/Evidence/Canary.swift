/// How long it took at some moment to start a script, for somebody who has nothing else to do.
///
/// A promise of one second cannot be held against a machine on which every program waits longer than that for its
/// turn; what a canary waited is added to it.
package struct Canary: Sendable, Equatable {
    /// When its start was asked for, by CLOCK_MONOTONIC in nanoseconds.
    package var at: Int64
    /// How long until its first instruction, in nanoseconds.
    package var delay: Int64

    package init(at: Int64, delay: Int64) {
        self.at = at
        self.delay = delay
    }
}
