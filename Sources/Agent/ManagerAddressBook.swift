import AgentSettings
import Glibc
import Synchronization

/// The addresses at which the managers are reached, for scripts that cut the network off and must leave the way to
/// the manager open (`EDR_MANAGER_ADDRESSES`).
///
/// Those that worked last are kept in a file: an isolated host may not be able to resolve names, and one of several
/// managers may be away when it starts.
final class ManagerAddressBook: Sendable {
    private let path: String
    private let servers: [ManagerAddress]
    /// The addresses of the configuration.
    private let configured: [String]
    /// The others that worked, the last one first.
    private let found: Mutex<[String]>

    /// So many are remembered beside those of the configuration; who once was a manager does not stay one for ever.
    private static let limit = 8

    init(path: String, servers: [ManagerAddress]) {
        self.path = path
        self.servers = servers
        let configured = servers.map(\.host).filter(Self.isAddress)
        self.configured = configured
        found = Mutex(Array(Self.read(path).filter { !configured.contains($0) }.prefix(Self.limit)))
    }

    /// All addresses that are known now.
    var known: [String] { configured + found.withLock { $0 } }

    /// Where a manager can be, addresses before names: an isolated host has nobody to ask for a name.
    var targets: [ManagerAddress] {
        let named = servers.filter { !Self.isAddress($0.host) }
        return servers.filter { Self.isAddress($0.host) } + found(for: named) + named
    }

    /// The managers in the order of the configuration, and behind them the addresses at which those with names were
    /// found.
    var serversAndFound: [ManagerAddress] { servers + found(for: servers.filter { !Self.isAddress($0.host) }) }

    private func found(for named: [ManagerAddress]) -> [ManagerAddress] {
        let found = found.withLock { $0 }
        var ports: [Int] = []
        for port in named.map(\.port) where !ports.contains(port) { ports.append(port) }
        return found.flatMap { host in ports.map { ManagerAddress(host: host, port: $0) } }
    }

    /// Notes the address of a link that is up.
    ///
    /// - Returns: whether other addresses are known than before.
    func connected(to address: String) -> Bool {
        if configured.contains(address) { return false }
        let (before, now) = found.withLock { found in
            let before = found
            found = Array(([address] + before.filter { $0 != address }).prefix(Self.limit))
            return (before, found)
        }
        if now != before { write(now) }
        return !before.contains(address)
    }

    private static func isAddress(_ text: String) -> Bool {
        var buffer = in6_addr()
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }

    private static func read(_ path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter(isAddress)
    }

    /// A hint, not a state: when it cannot be written, the next connection finds the address again.
    private func write(_ found: [String]) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let lines = found.map { $0 + "\n" }.joined()
        _ = Glibc.write(descriptor, lines, lines.utf8.count)
        close(descriptor)
    }
}
