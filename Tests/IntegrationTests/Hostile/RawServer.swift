import Foundation
import Synchronization
import TestSupport

/// A TCP server without any manners of its own.
final class RawServer: Sendable {
    /// One accepted connection.
    struct Connection {
        fileprivate let descriptor: Int32

        /// Sends bytes; whether the other side still takes them.
        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
    }

    private let descriptor: Int32

    /// Listens on a port of 127.0.0.1 and calls the body for each connection, one after the other.
    init(port: Int, _ body: @escaping @Sendable (Connection) -> Void) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 16) == 0 else {
            close(descriptor)
            throw NotSeen("cannot listen: \(errno)")
        }
        Thread.detachNewThread {
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else { break }
                body(Connection(descriptor: accepted))
                close(accepted)
            }
            close(descriptor)
        }
    }

    /// Listens no more.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
