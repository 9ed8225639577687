import Daemon

/// What keeps a verb from being done.
enum ControlError: Error, Equatable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case unreachable(socket: String, reason: String)
    /// The manager refused, or the answer is unusable; the text is for people.
    case failed(String)
    /// A configuration, given by its file or folder, has errors; they were printed.
    case invalidConfiguration(String)

    var description: String {
        switch self {
        case .unreachable(let socket, let reason):
            "no manager answers on \"\(socket)\": \(reason); start edr-manager, or name its home with --home or "
                + "EDR_HOME (only root may use the socket)"
        case .failed(let text): text
        case .invalidConfiguration(let place): "(1202): Configuration error at '\(place)'. Correct the errors above"
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .unreachable: ExitStatus.unreachable
        case .failed: ExitStatus.failed
        case .invalidConfiguration: ExitStatus.configuration
        }
    }
}
