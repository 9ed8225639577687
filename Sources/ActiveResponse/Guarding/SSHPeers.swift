import Alerts
import Glibc

/// The other ends of live SSH sessions: of connections to a port on which an SSH server listens, or to port 22.
///
/// Which listening sockets are a server's is found by looking through all processes, which takes milliseconds: only for
/// sockets that were not there the last time, and once a minute for those that were nobody's then (a socket of systemd's
/// is handed to the server with the first connection).
struct SSHPeers {
    private static let servers: Set<String> = ["sshd", "dropbear"]
    private static let usualPort: UInt16 = 22
    /// In milliseconds.
    private static let secondLook: Int64 = 60_000

    private var known: Set<TCPTable.Listener> = []
    private var ofServers: Set<TCPTable.Listener> = []
    private var lookedAt: Int64 = 0

    /// - Parameters:
    ///   - root: what stands before `/proc`; only tests give one.
    ///   - now: milliseconds of the boot clock.
    mutating func read(root: String = "", now: Int64) -> [IPAddress] {
        let table = TCPTable.read(root: root)
        let listeners = Set(table.listeners)
        if !listeners.isSubset(of: known) || listeners != ofServers && now - lookedAt >= Self.secondLook {
            let sockets = Self.serverSockets(root: root)
            ofServers = listeners.filter { sockets.contains($0.inode) }
            lookedAt = now
        }
        known = listeners
        let ports = ofServers.intersection(listeners).reduce(into: [Self.usualPort] as Set) { $0.insert($1.port) }
        return table.connections.filter { ports.contains($0.localPort) }.compactMap { ProcAddress.address($0.peer) }
    }

    /// The inodes of all sockets of SSH servers.
    private static func serverSockets(root: String) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for process in ProcFile.names(in: root + "/proc") where process.utf8.first.map(isDigit) == true {
            guard let name = ProcFile.read("\(root)/proc/\(process)/comm"),
                servers.contains(String(name.prefix { $0 != "\n" }))
            else { continue }
            for descriptor in ProcFile.names(in: "\(root)/proc/\(process)/fd") {
                guard let target = ProcFile.link("\(root)/proc/\(process)/fd/\(descriptor)"),
                    target.hasPrefix("socket:["), let inode = UInt64(target.dropFirst(8).dropLast())
                else { continue }
                inodes.insert(inode)
            }
        }
        return inodes
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
