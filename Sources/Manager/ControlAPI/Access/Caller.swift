import Foundation
import Hummingbird
import ManagerSettings

/// Who makes a request, as far as the manager itself knows, and what that one may do.
struct Caller: Sendable, Equatable {
    enum Identity: Sendable, Equatable {
        /// The user of the process at the other end of the control socket.
        case user(UInt32)
        /// The name of an API token, and where it was used from.
        case token(String, address: String)
    }

    let identity: Identity
    let role: ControlRole

    /// Refuses who may not do what takes this role.
    func require(_ role: ControlRole) throws(ControlFailure) {
        guard self.role < role else { return }
        let (holder, way) =
            switch identity {
            case .user: ("a member of the socket's group", "ask root, or change <socket_role> in <api>")
            case .token(let name, _): ("the token \"\(name)\"", "use a token with that role")
            }
        throw ControlFailure(
            .forbidden, "this takes the role \(role.rawValue), and \(holder) has the role \(self.role.rawValue); \(way)"
        )
    }
}

extension Caller.Identity {
    /// As the audit record says it, and the user's name where there is one.
    ///
    /// Users are looked up in the system's database, which may take its time.
    var described: (text: String, userName: String?) {
        switch self {
        case .user(let id):
            let name = Self.userName(id)
            return (name.map { "uid \(id) (\($0))" } ?? "uid \(id)", name)
        case .token(let name, let address): return ("api:\(name)@\(address)", nil)
        }
    }

    private static func userName(_ id: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}
