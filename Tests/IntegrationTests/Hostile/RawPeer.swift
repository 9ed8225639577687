import Foundation
import TestSupport

/// A TCP connection without any manners of its own.
final class RawPeer: Sendable {
    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            throw NotSeen("cannot connect: \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Sends bytes; whether the other side still takes them.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Reads until the other side closes.
    ///
    /// - Returns: whether it did within `seconds`.
    func isClosed(within seconds: Double) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let rest = end.timeIntervalSinceNow
            guard rest > 0 else { return false }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(rest * 1000) + 1) > 0 else { continue }
            if recv(descriptor, &buffer, buffer.count, 0) <= 0 { return true }
        }
    }

    /// The first message of a TLS 1.3 client that asks for the agents' protocol: as OpenSSL makes it.
    static func clientHello() throws -> [UInt8] {
        // The program sends it into a pipe's end of ours, which never answers.
        let listener = try SilentListener()
        let pid = try ShellCommand.start(
            "/usr/bin/openssl",
            ["s_client", "-connect", "127.0.0.1:\(listener.port)", "-tls1_3", "-alpn", "edr-agent/1"],
            descriptors: [listener.null, listener.null, listener.null])
        defer {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        return try listener.firstBytes()
    }
}

/// Accepts one connection and only listens.
private final class SilentListener {
    let port: Int
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    private let descriptor: Int32

    init() throws {
        port = try freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 1) == 0 else { throw NotSeen("cannot listen: \(errno)") }
    }

    deinit {
        close(descriptor)
        close(null)
    }

    func firstBytes() throws -> [UInt8] {
        let accepted = accept(descriptor, nil, nil)
        defer { close(accepted) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(accepted, &buffer, buffer.count, 0)
        guard count > 0 else { throw NotSeen("no client hello came") }
        return Array(buffer[..<count])
    }
}
