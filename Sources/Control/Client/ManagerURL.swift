import Foundation

/// Where the control API of a manager is served: `https://HOST[:PORT]`.
struct ManagerURL: Sendable, Equatable, CustomStringConvertible {
    /// The port when none is given.
    static let defaultPort = 7515

    /// A name or an address, without brackets.
    let host: String
    let port: Int

    /// - Returns: nil for everything else, also `http://`: it would show the token to whoever listens.
    init?(_ text: String) {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
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

extension ManagerURL {
    /// Options that may stand before the verb without a value behind them.
    private static let flags: Set<String> = ["-h", "--help", "--version"]

    /// Takes the manager's `--url` out of a command line.
    ///
    /// ArgumentParser knows an option by its name alone, wherever it stands; but behind `send`, `--url` is what is
    /// blocked. So this one is taken before: it is the manager's anywhere but behind `send`.
    static func take(from arguments: inout [String]) throws(ControlError) -> ManagerURL? {
        var found: String?
        var verb: String?
        var index = 0
        while index < arguments.count, arguments[index] != "--" {
            let word = arguments[index]
            if verb != "send", word == "--url" || word.hasPrefix("--url=") {
                let isOne = word != "--url"
                found = isOne ? String(word.dropFirst("--url=".count)) : arguments.dropFirst(index + 1).first ?? ""
                arguments.removeSubrange(index..<min(index + (isOne ? 1 : 2), arguments.count))
            } else if verb == nil, word.hasPrefix("-") {
                index += word.contains("=") || flags.contains(word) ? 1 : 2
            } else {
                verb = verb ?? word
                index += 1
            }
        }
        guard let found else { return nil }
        guard let url = ManagerURL(found) else {
            throw .usage("--url is \"\(found)\"; it has to be https://HOST:PORT")
        }
        return url
    }
}
