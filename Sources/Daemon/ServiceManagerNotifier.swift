import Glibc

/// Tells systemd about the daemon's state (`sd_notify(3)`), when it was started by systemd.
package enum ServiceManagerNotifier {
    /// The states that our daemons report, in the words of `sd_notify(3)`.
    package enum State: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
        /// Not what was started, and yet not to be ended.
        case undoing = "READY=1\nSTATUS=Cannot run (see the log); undoes in time what is in force"
    }

    /// Sends the state to `NOTIFY_SOCKET`; does nothing when there is none.
    package static func notify(_ state: State) {
        guard let value = getenv("NOTIFY_SOCKET"), value.pointee != 0 else { return }
        let path = String(cString: value)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            buffer.copyBytes(from: path.utf8)
            // A leading "@" means a socket in the abstract namespace, whose name begins with a NUL.
            if path.hasPrefix("@") { buffer[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
        let text = state.rawValue
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }
}
