/// `<on_stop>`: what a daemon that is told to stop does with the responses that are in force on its machine.
package enum OnStop: String, CaseIterable, Sendable {
    /// They stay and are undone in time, by the next start if need be.
    case keep
    /// They are undone first.
    case undo
}
