import Daemon

/// What keeps a verb from being done.
enum ControlError: Error, Equatable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case unreachable(socket: String, reason: String)
    /// The manager refused, or the answer is unusable; the text is for people.
    case failed(String)

    var description: String {
        switch self {
        case .unreachable(let socket, let reason):
            "no manager answers on \"\(socket)\": \(reason); start edr-manager, or name its home with --home or "
                + "EDR_HOME (only root may use the socket)"
        case .failed(let text): text
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .unreachable: ExitStatus.unreachable
        case .failed: ExitStatus.failed
        }
    }
}
