import Daemon

/// What keeps a verb from being done.
enum ControlError: Error, Equatable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case unreachable(socket: String, reason: String)
    /// Nobody answers at the address who is the manager that we trust.
    case remoteUnreachable(url: String, reason: String)
    /// The manager refused, or the answer is unusable; the text is for people.
    case failed(String)
    /// The options do not fit each other; the text is for people.
    case usage(String)
    /// A configuration, given by its file or folder, has errors; they were printed.
    case invalidConfiguration(String)

    var description: String {
        switch self {
        case .unreachable(let socket, let reason):
            "no manager answers on \"\(socket)\": \(reason); start edr-manager, or name its home with --home or "
                + "EDR_HOME (only root and the group of <socket_group> may use the socket)"
        case .remoteUnreachable(let url, let reason):
            "no manager answers on \"\(url)\": \(reason); its <api> section says on which port it does, and its "
                + "etc/tls/ca.pem is what --ca has to be"
        case .failed(let text), .usage(let text): text
        case .invalidConfiguration(let place): "(1202): Configuration error at '\(place)'. Correct the errors above"
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .unreachable, .remoteUnreachable: ExitStatus.unreachable
        case .failed: ExitStatus.failed
        case .usage: ExitStatus.usage
        case .invalidConfiguration: ExitStatus.configuration
        }
    }
}
