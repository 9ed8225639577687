import AgentSettings
import Glibc
import Synchronization

/// The addresses at which the managers are reached, for scripts that cut the network off and must leave the way to
/// the manager open (`EDR_MANAGER_ADDRESSES`).
///
/// The last address that worked is kept in a file: an isolated host may not be able to resolve names.
final class ManagerAddressBook: Sendable {
    private let path: String
    private let servers: [ManagerAddress]
    private let addresses: Mutex<[String]>

    init(path: String, servers: [ManagerAddress]) {
        self.path = path
        self.servers = servers
        var known: [String] = []
        for address in servers.map(\.host).filter(Self.isAddress) + Self.read(path) where !known.contains(address) {
            known.append(address)
        }
        addresses = Mutex(known)
    }

    /// All addresses that are known now.
    var known: [String] { addresses.withLock { $0 } }

    /// Where a manager can be, addresses before names: an isolated host has nobody to ask for a name.
    var targets: [ManagerAddress] {
        let named = servers.filter { !Self.isAddress($0.host) }
        return servers.filter { Self.isAddress($0.host) } + found(for: named) + named
    }

    /// The managers in the order of the configuration, and behind them the addresses at which those with names were
    /// found.
    var serversAndFound: [ManagerAddress] { servers + found(for: servers.filter { !Self.isAddress($0.host) }) }

    private func found(for named: [ManagerAddress]) -> [ManagerAddress] {
        let configured = Set(servers.map(\.host))
        let known = known.filter { !configured.contains($0) }
        var ports: [Int] = []
        for port in named.map(\.port) where !ports.contains(port) { ports.append(port) }
        return known.flatMap { host in ports.map { ManagerAddress(host: host, port: $0) } }
    }

    /// Notes the address of a link that is up.
    ///
    /// - Returns: whether it was not known before.
    func connected(to address: String) -> Bool {
        let isNew = addresses.withLock { addresses in
            if addresses.contains(address) { return false }
            addresses.append(address)
            return true
        }
        if isNew { write(address) }
        return isNew
    }

    private static func isAddress(_ text: String) -> Bool {
        var buffer = in6_addr()
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }

    private static func read(_ path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter(isAddress)
    }

    /// A hint, not a state: when it cannot be written, the next connection finds the address again.
    private func write(_ address: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let line = address + "\n"
        _ = Glibc.write(descriptor, line, line.utf8.count)
        close(descriptor)
    }
}
