import Foundation
import Synchronization

/// The ports that were given out in this process.
private let given = Mutex<Set<Int>>([])

/// A TCP port on 127.0.0.1 that nothing listens on now.
///
/// Below the ports that the system gives to outgoing connections: one of those could be taken by any connection of
/// another test before whoever asked for it listens there.
package func freePort() throws -> Int {
    for _ in 0..<1000 {
        let port = Int.random(in: 12_000..<32_000)
        guard given.withLock({ $0.insert(port).inserted }) else { continue }
        // Closed on exec: a daemon that another test starts at this moment would keep the port taken.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { break }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isFree { return port }
    }
    throw NotSeen("no free port: \(errno)")
}
