import AgentProtocol
import Foundation
import NIOPosix
import Synchronization
import TestSupport

/// What strangers do to a manager's port, all at the same time, until they are told to stop.
final class Siege: Sendable {
    /// One way to attack, and how often it was tried.
    enum Attack: String, CaseIterable {
        case idle = "idle connections"
        case half = "handshakes begun"
        case slow = "handshakes byte by byte"
        case garbage = "connections with garbage"
        case handshake = "handshakes broken off at their end"
        case enrollment = "enrollments with a wrong token"
    }

    /// How many connections of a kind are open at the same time.
    private static let held = 300

    private let port: Int
    private let isOver = Atomic(false)
    private let counts = Mutex<[Attack: Int]>([:])
    private let threads = DispatchGroup()

    /// Begins it.
    ///
    /// - Parameter token: a good one, of which a wrong one and one of a foreign authority are made.
    init(token: String, port: Int, group: MultiThreadedEventLoopGroup) throws {
        self.port = port
        start(.idle, bytes: [], pause: 0)
        // The head of a record of 512 bytes, and a part of what it announces.
        start(.half, bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01] + [UInt8](repeating: 0, count: 250), pause: 0)
        start(.slow, bytes: [0x16, 0x03, 0x01, 0x02, 0x00] + [UInt8](repeating: 1, count: 200), pause: 50_000)
        start(.garbage, bytes: [UInt8](repeating: 0xFF, count: 20_000), pause: 0)
        let authority = try EnrollmentToken(token).authorityFingerprint
        let foreign = [UInt8](repeating: 7, count: authority.count)
        for (attack, fingerprint) in [(Attack.enrollment, authority), (.handshake, foreign)] {
            let wrong = try EnrollmentToken.random(authorityFingerprint: fingerprint)
            let enrollment = try SwarmEnrollment(token: wrong.text, port: port, group: group)
            threads.enter()
            Task {
                while !isOver.load(ordering: .relaxed) {
                    _ = try? await enrollment.enroll(name: "evil")
                    note(attack)
                }
                threads.leave()
            }
        }
    }

    /// Ends it, and says how often each attack was tried.
    func stop() -> [Attack: Int] {
        isOver.store(true, ordering: .relaxed)
        threads.wait()
        return counts.withLock { $0 }
    }

    private func note(_ attack: Attack) { counts.withLock { $0[attack, default: 0] += 1 } }

    /// Opens connections in a thread of its own, sends bytes over each, and keeps the newest open.
    ///
    /// - Parameter pause: in microseconds after each byte; 0 for all bytes at once.
    private func start(_ attack: Attack, bytes: [UInt8], pause: UInt32) {
        threads.enter()
        Thread.detachNewThread { [self] in
            var open: [Int32] = []
            while !isOver.load(ordering: .relaxed) {
                let descriptor = connected()
                guard descriptor >= 0 else {
                    usleep(10_000)
                    continue
                }
                note(attack)
                if pause == 0 {
                    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                } else {
                    for byte in bytes where !isOver.load(ordering: .relaxed) {
                        guard send(descriptor, [byte], 1, Int32(MSG_NOSIGNAL)) == 1 else { break }
                        usleep(pause)
                    }
                }
                open.append(descriptor)
                if open.count > Self.held { close(open.removeFirst()) }
            }
            for descriptor in open { close(descriptor) }
            threads.leave()
        }
    }

    private func connected() -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return -1
    }
}
