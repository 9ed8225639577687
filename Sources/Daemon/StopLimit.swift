/// How long a daemon may take to end what it is told to end with.
package enum StopLimit {
    /// For undoing everything (`<on_stop>undo</on_stop>`).
    ///
    /// With what follows it stays below the `TimeoutStopSec` of the systemd units; a test compares them.
    package static let undoing = Duration.seconds(60)
}
