import Foundation
import Synchronization
import TestSupport

/// The way between one agent and the manager, which can be cut, stalled and opened again.
///
/// Two blocking threads for each connection: there are a handful of them.
final class LinkProxy: Sendable {
    /// Both ends of one connection, closed with the last of the two threads that use them.
    private final class Connection: Sendable {
        let agent: Int32
        let manager: Int32

        init(agent: Int32, manager: Int32) {
            self.agent = agent
            self.manager = manager
        }

        func shutDown() {
            shutdown(agent, Int32(SHUT_RDWR))
            shutdown(manager, Int32(SHUT_RDWR))
        }

        deinit {
            close(agent)
            close(manager)
        }
    }

    /// The port that the agent connects to.
    let port: Int
    private let managerPort: Int
    private let listener: Int32
    private let gate = LinkGate()
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

    init(to managerPort: Int) throws {
        self.managerPort = managerPort
        port = try freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let descriptor = listener
        let isBound = Self.withAddress(port) { bind(descriptor, $0, $1) } == 0
        guard isBound, listen(listener, 16) == 0 else { throw NotSeen("no listener for a link: \(errno)") }
        Thread.detachNewThread { self.accept() }
    }

    func cut() {
        gate.set(.cut)
        for connection in connections.withLock({ Array($0.values) }) { connection.shutDown() }
    }

    func stall(toManager: Bool, toAgent: Bool) {
        gate.set(.stalled(toManager: toManager, toAgent: toAgent))
    }

    func open() {
        gate.set(.open)
    }

    private func accept() {
        while true {
            let agent = Foundation.accept(listener, nil, nil)
            guard agent >= 0 else { continue }
            _ = fcntl(agent, F_SETFD, FD_CLOEXEC)
            guard gate.mode != .cut, let manager = connect() else {
                close(agent)
                continue
            }
            let connection = Connection(agent: agent, manager: manager)
            connections.withLock { $0[ObjectIdentifier(connection)] = connection }
            Thread.detachNewThread { self.carry(connection, .toManager) }
            Thread.detachNewThread { self.carry(connection, .toAgent) }
        }
    }

    private func connect() -> Int32? {
        let manager = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if Self.withAddress(managerPort, { Foundation.connect(manager, $0, $1) }) == 0 { return manager }
        close(manager)
        return nil
    }

    private func carry(_ connection: Connection, _ direction: LinkGate.Direction) {
        let (from, to) =
            direction == .toManager
            ? (connection.agent, connection.manager) : (connection.manager, connection.agent)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            gate.pass(direction)
            guard sendAll(buffer[..<count], to: to) else { break }
        }
        connection.shutDown()
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    private func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
