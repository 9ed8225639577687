import ArgumentParser
import Foundation

/// Where the control API of a manager is served: `https://HOST[:PORT]`.
struct ManagerURL: ExpressibleByArgument, Sendable, Equatable, CustomStringConvertible {
    /// The port when none is given.
    static let defaultPort = 7515

    /// A name or an address, without brackets.
    let host: String
    let port: Int

    /// - Returns: nil for everything else, also `http://`: it would show the token to whoever listens.
    init?(argument: String) {
        guard let parts = URLComponents(string: argument), parts.scheme?.lowercased() == "https",
            let host = parts.host, !host.isEmpty, ["", "/"].contains(parts.path), parts.user == nil,
            parts.query == nil, parts.fragment == nil
        else { return nil }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? Self.defaultPort
        guard (1...65535).contains(port) else { return nil }
    }

    /// With the port, as the `Host` header has it.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    var description: String { "https://\(authority)" }
}
