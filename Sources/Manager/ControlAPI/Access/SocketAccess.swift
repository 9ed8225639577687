import Glibc
import Hummingbird
import ManagerSettings
import NIOCore

/// Access by the control socket: the kernel says whose process is at the other end.
///
/// Root and the manager's own user may do everything. Who else can open the socket has the role of the configuration.
struct SocketAccess: AccessControl {
    /// Nil when nobody else may do anything, whatever the socket's file mode.
    let groupRole: ControlRole?

    func caller(of _: Request, on channel: any Channel) async throws(ControlFailure) -> Caller {
        guard let user = await Self.user(of: channel) else {
            throw ControlFailure(.forbidden, "the system does not say who asks")
        }
        if user == 0 || user == geteuid() { return Caller(identity: .user(user), role: .admin) }
        guard let groupRole else {
            throw ControlFailure(
                .forbidden,
                "only root may use this socket; <socket_group> in <api> lets a group in, and with an API token anybody "
                    + "can use the API's own port")
        }
        return Caller(identity: .user(user), role: groupRole)
    }

    /// Asks the kernel (`SO_PEERCRED`).
    private static func user(of channel: any Channel) async -> UInt32? {
        guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider,
            let credentials: Credentials = try? await provider.unsafeGetSocketOption(
                level: .socket, name: .init(rawValue: SO_PEERCRED)
            ).get()
        else { return nil }
        return credentials.user
    }

    /// `struct ucred`, which Glibc's module leaves out.
    private struct Credentials {
        var process: pid_t
        var user: uid_t
        var group: gid_t
    }
}
