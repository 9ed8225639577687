import Foundation
import TestSupport

/// A TCP connection whose two ends may lie in different namespaces.
final class TCPConnection: Sendable {
    /// How long, in milliseconds, a packet may take that is to arrive: long, for it ends the wait.
    private static let patience: Int32 = 10_000
    /// How long a packet may take before it counts as dropped, where it is to be dropped.
    private static let cut: Int32 = 200

    private let client: Int32
    private let server: Int32

    private init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    deinit {
        close(client)
        close(server)
    }

    /// Connects to `address` in `target`.
    ///
    /// - Parameters:
    ///   - source: the address to come from; nil for the usual one.
    ///   - translated: the address that it arrives at, when that is another one.
    /// - Throws: when the connection does not come about.
    @discardableResult
    static func open(
        from origin: NetworkNamespace, source: String? = nil, to address: String, translated: String? = nil,
        of target: NetworkNamespace
    ) throws -> TCPConnection {
        guard
            let made = try attempt(
                from: origin, source: source, to: address, translated: translated, of: target, within: patience)
        else {
            throw NotSeen("no connection from \(source ?? "there") to \(address)")
        }
        return made
    }

    /// Whether connecting to `address` in `target` fails.
    static func isCut(
        from origin: NetworkNamespace, source: String? = nil, to address: String, of target: NetworkNamespace
    ) throws -> Bool {
        try attempt(from: origin, source: source, to: address, of: target, within: cut) == nil
    }

    private static func attempt(
        from origin: NetworkNamespace, source: String?, to address: String, translated: String? = nil,
        of target: NetworkNamespace, within milliseconds: Int32
    ) throws -> TCPConnection? {
        let listener = try target.inside {
            let listener = try makeSocket(address)
            let arrival = translated ?? address
            guard try apply(arrival, port: 0, { bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else {
                close(listener)
                throw NotSeen("cannot listen on \(arrival): \(errno)")
            }
            return listener
        }
        defer { close(listener) }
        let port = try localPort(listener)
        let client = try origin.inside {
            let client = try makeSocket(address)
            if let source, try apply(source, port: 0, { bind(client, $0, $1) }) != 0 {
                close(client)
                throw NotSeen("cannot come from \(source): \(errno)")
            }
            // A firewall that drops on the way out may refuse at once.
            _ = try apply(address, port: port) { Glibc.connect(client, $0, $1) }
            return client
        }
        guard wait(for: listener, milliseconds), case let server = accept(listener, nil, nil), server >= 0 else {
            close(client)
            return nil
        }
        return TCPConnection(client: client, server: server)
    }

    /// Whether bytes that are sent now arrive in both directions.
    func carries() -> Bool {
        Self.passes(from: client, to: server, Self.patience) && Self.passes(from: server, to: client, Self.patience)
    }

    /// Whether bytes that are sent now arrive in neither direction.
    func isCut() -> Bool {
        !Self.passes(from: client, to: server, Self.cut) && !Self.passes(from: server, to: client, Self.cut)
    }

    /// Whether bytes that the server sends now arrive at the client.
    func isAnswered() -> Bool { Self.passes(from: server, to: client, Self.cut) }

    private static func passes(from sender: Int32, to receiver: Int32, _ milliseconds: Int32) -> Bool {
        var byte: UInt8 = 1
        guard send(sender, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return false }
        return wait(for: receiver, milliseconds) && recv(receiver, &byte, 1, 0) == 1
    }

    private static func wait(for descriptor: Int32, _ milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) == 1
    }

    private static func makeSocket(_ address: String) throws -> Int32 {
        let family = address.contains(":") ? AF_INET6 : AF_INET
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw NotSeen("no socket: \(errno)") }
        return descriptor
    }

    private static func apply(
        _ address: String, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &found) == 0, let found else {
            throw NotSeen("\(address) is no address")
        }
        defer { freeaddrinfo(found) }
        return body(found.pointee.ai_addr, found.pointee.ai_addrlen)
    }

    private static func localPort(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw NotSeen("no local port: \(errno)") }
        // The port is at the same place in sockaddr_in.
        return UInt16(bigEndian: address.sin6_port)
    }
}
