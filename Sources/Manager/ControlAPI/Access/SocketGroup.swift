import Daemon
import Glibc

/// The group whose members may open the control socket.
struct SocketGroup: Sendable {
    let name: String
    private let id: gid_t

    /// - Throws: when the system knows no such group.
    init(name: String) throws(DaemonError) {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        // A group with many members needs much room.
        var buffer = [CChar](repeating: 0, count: 1 << 20)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw DaemonError(
                "there is no group \"\(name)\", which <socket_group> in <api> names; make it (groupadd --system \(name))"
            )
        }
        self.name = name
        id = entry.gr_gid
    }

    /// Lets the group, and nobody else, open a socket and enter the folder that holds it.
    func admit(to socket: String, in folder: String) throws(DaemonError) {
        for path in [folder, socket] where chown(path, uid_t.max, id) != 0 {
            throw DaemonError("cannot give \"\(path)\" to the group \"\(name)\"", errno: errno)
        }
        guard chmod(socket, 0o660) == 0 else {
            throw DaemonError("cannot let the group \"\(name)\" open \"\(socket)\"", errno: errno)
        }
    }
}
