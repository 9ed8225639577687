/// One manager that the agent may connect to.
package struct ManagerAddress: Sendable, Equatable, CustomStringConvertible {
    /// The port of the manager when none is given (INTERFACE.md, `<remote><port>`).
    package static let defaultPort = 7514

    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `HOST`, `[IPV6]:PORT` or a bare IPv6 address; nil when it is none of them.
    package init?(_ text: String) {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: close)...]
            let host = String(text[text.index(after: text.startIndex)..<close])
            guard let port = Self.port(rest) else { return nil }
            self.init(host: host, port: port)
        } else if text.filter({ $0 == ":" }).count > 1 {
            self.init(host: text, port: Self.defaultPort)
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            guard let port = Self.port(text[colon...]) else { return nil }
            self.init(host: String(text[..<colon]), port: port)
        }
        if host.isEmpty { return nil }
    }

    private static func port(_ text: Substring) -> Int? {
        if text.isEmpty { return defaultPort }
        guard text.first == ":", let port = Int(text.dropFirst()), (1...65535).contains(port) else { return nil }
        return port
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
