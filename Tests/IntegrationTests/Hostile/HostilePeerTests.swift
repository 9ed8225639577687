import AgentProtocol
import Foundation
import NIOCore
import Synchronization
import TLS
import TestSupport
import Testing

@Suite(.serialized) struct `Peers that are hostile to the manager` {
    @Test func `bytes that are no TLS end the connection`() async throws {
        let site = try await BesiegedManager()
        let before = site.descriptors
        for bytes in [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0, count: 20_000),
            [UInt8](repeating: 0xFF, count: 20_000),
            [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 70_000),
        ] {
            let peer = try RawPeer(port: site.port)
            peer.send(bytes)
            #expect(peer.isClosed(within: 5))
        }
        try await site.agentStillServed()
        try await site.descriptorsBack(to: before)
        await site.stop()
    }

    @Test func `an older TLS, no certificate and no protocol are refused`() async throws {
        let site = try await BesiegedManager()
        func connect(_ arguments: String...) throws -> CommandResult {
            try ShellCommand.run(
                "/usr/bin/openssl",
                ["s_client", "-connect", "127.0.0.1:\(site.port)", "-brief", "-ign_eof"] + arguments, input: "x")
        }
        for version in ["-tls1_2", "-tls1_1", "-tls1"] {
            #expect(try connect(version, "-alpn", "edr-agent/1").status != 0, "\(version)")
        }
        #expect(try connect("-alpn", "edr-agent/1").errors.contains("certificate required"))
        #expect(try connect("-alpn", "h2").status != 0)
        try await site.agentStillServed()
        await site.stop()
    }

    @Test func `a certificate of another authority, an expired one and a server's are refused`() async throws {
        let site = try await BesiegedManager()
        let key = try PrivateKey()
        let request = try CertificateRequest(for: key)
        let year: Int64 = 365 * 24 * 3600
        let now = CertificateAuthority.currentTime
        let foreign = try CertificateAuthority().issueAgentCertificate(for: request, agentID: "001")
        let expired = try site.authority.issueAgentCertificate(for: request, agentID: "001", now: now - 11 * year)
        let server = try site.authority.issueServerCertificate(for: key)
        for (certificate, reason) in [(foreign, "unknown ca"), (expired, "expired"), (server, "certificate")] {
            let peer = try await TLSPeer.connect(site.context(certificate, key), port: site.port)
            let end = await peer.end()
            #expect(end.errors.contains(reason), "\(end.errors)")
            #expect(end.types.isEmpty)
        }
        try await site.agentStillServed()
        await site.stop()
    }

    @Test func `a certificate of ours that belongs to no agent now is refused`() async throws {
        let site = try await BesiegedManager()
        let removed = try site.fleet.enrollAgent(named: "db-01")
        #expect(try site.fleet.control("agents", "remove", "002").status == 0)
        // The key of another for the id of the good agent, as somebody might have it who stole a backup of the authority's
        // files: the manager has never given that certificate to anybody.
        let key = try PrivateKey()
        let forged = try site.authority.issueAgentCertificate(
            for: CertificateRequest(for: key), agentID: "001")
        for context in [try site.context(of: removed), try site.context(forged, key)] {
            let peer = try await TLSPeer.connect(context, port: site.port)
            let end = await peer.end()
            #expect(end.types == [Frame.failure], "\(end)")
        }
        try await site.agentStillServed()
        await site.stop()
    }

    @Test func `an enrolled agent that breaks the protocol loses its link and nothing else`() async throws {
        let site = try await BesiegedManager()
        let before = site.descriptors
        let other = try site.fleet.enrollAgent(named: "db-01")
        // Fields 1 to 3 of a hello: version, agent's version and name.
        let hello = TLSPeer.frame(Frame.hello, [0x08, 1, 0x12, 1, 0x31, 0x1A, 1, 0x62])
        let unknown = TLSPeer.frame(200, [1, 2, 3])
        for (bytes, isWelcomed) in [
            (TLSPeer.frame(Frame.ping, [0x08, 1]), false), ([0, 0x7F, 0xFF, 0xFF, 1], false), ([0, 0, 0, 0], false),
            (hello + hello, true), (hello + [0xFF, 0xFF, 0xFF, 0xFF], true),
            (hello + unknown + TLSPeer.frame(Frame.welcome, hello), true),
            (hello + unknown + TLSPeer.frame(Frame.order, [1]), true),
            (hello + TLSPeer.frame(Frame.report, [0xFF]), true),
        ] as [([UInt8], Bool)] {
            let peer = try await TLSPeer.connect(site.context(of: other), port: site.port)
            await peer.handshake()
            await peer.send(bytes)
            let end = await peer.end()
            #expect(end.types.contains(Frame.welcome) == isWelcomed, "\(bytes): \(end)")
        }
        // Half a frame, and gone.
        let truncated = try await TLSPeer.connect(site.context(of: other), port: site.port)
        await truncated.handshake()
        await truncated.send(hello + [0, 0, 1, 0, Frame.report, 1])
        #expect(await truncated.types(until: Frame.welcome).contains(Frame.welcome))
        try await truncated.channel.close()
        try await site.agentStillServed()
        try await site.descriptorsBack(to: before)
        await site.stop()
    }

    @Test func `a handshake byte by byte is cut off in time`() async throws {
        let site = try await BesiegedManager()
        let before = site.descriptors
        let hello = try RawPeer.clientHello()
        let peer = try RawPeer(port: site.port)
        let start = ContinuousClock.now
        var index = 0
        while !peer.isClosed(within: 0.2), ContinuousClock.now - start < .seconds(60) {
            peer.send([hello[min(index, hello.count - 2)]])
            index += 1
        }
        #expect((.seconds(9)...(.seconds(40))).contains(ContinuousClock.now - start))
        try await site.agentStillServed()
        try await site.descriptorsBack(to: before)
        await site.stop()
    }

    @Test func `silence after the handshake is cut off in time`() async throws {
        let site = try await BesiegedManager()
        let before = site.descriptors
        let start = ContinuousClock.now
        let fingerprint = try site.authority.certificate.fingerprint()
        let enrolling = try await TLSPeer.connect(
            .enrollment(authorityFingerprint: fingerprint), port: site.port)
        let other = try site.fleet.enrollAgent(named: "db-01")
        let agent = try await TLSPeer.connect(site.context(of: other), port: site.port)
        for peer in [enrolling, agent] {
            #expect(await peer.end().types.isEmpty)
            #expect(ContinuousClock.now - start < .seconds(40))
        }
        try await site.agentStillServed()
        try await site.descriptorsBack(to: before)
        await site.stop()
    }

    @Test func `a thousand idle connections take few places and give them back`() async throws {
        let site = try await BesiegedManager()
        let (descriptors, memory) = (site.descriptors, site.memory)
        let hello = try RawPeer.clientHello()
        var peers: [RawPeer] = []
        for _ in 0..<1_000 {
            let peer = try RawPeer(port: site.port)
            // Half a message: each place costs what it can cost.
            peer.send(Array(hello.prefix(hello.count / 2)))
            peers.append(peer)
        }
        try await site.manager.line(containing: "Too many connections of unknown peers")
        let held = site.descriptors - descriptors
        // 128 of one network, and some for the manager's own files.
        #expect(held <= 150, "\(held) connections are held")
        site.expectMemory(atMost: 40_000, above: memory)
        #expect(try await site.agentStillServed() < BesiegedManager.patience)
        // Whoever comes new still gets in, in place of the oldest.
        try await Task.sleep(for: .seconds(2.2))
        let home = try site.fleet.enrollAgent(named: "db-01")
        let agent = try await site.fleet.startAgent(home)
        await agent.stop()
        withExtendedLifetime(peers) {}
        try await site.descriptorsBack(to: descriptors)
        await site.stop()
    }

    @Test func `a flood of handshakes does not starve a good agent`() async throws {
        let site = try await BesiegedManager()
        let (descriptors, memory, port) = (site.descriptors, site.memory, site.port)
        let hello = try RawPeer.clientHello()
        let flood = Flood(hello, port: port)
        var slowest = Duration.zero
        for _ in 0..<5 { slowest = max(slowest, try await site.agentStillServed()) }
        let count = flood.stop()
        #expect(slowest < BesiegedManager.patience, "an order took \(slowest) beside \(count) handshakes")
        try await site.descriptorsBack(to: descriptors)
        site.expectMemory(atMost: 60_000, above: memory, "after \(count) handshakes")
        #expect(site.manager.lines.count < 600, "strangers fill the log with \(site.manager.lines.count) lines")
        await site.stop()
    }

    @Test func `enrollments that fail again and again are not looked at any more`() async throws {
        let site = try await BesiegedManager()
        let fingerprint = try site.authority.certificate.fingerprint()
        func attempt() async throws -> String {
            let token = try EnrollmentToken.random(authorityFingerprint: fingerprint.bytes).text
            let home = try TemporaryHome()
            return try ShellCommand.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(site.port)", "--name", "x"],
                input: token + "\n"
            ).errors
        }
        for _ in 0..<20 { #expect(try await attempt().contains("token is not valid")) }
        #expect(try await attempt().contains("too many enrollments failed"))
        try await site.agentStillServed()
        await site.stop()
    }
}

/// Two threads that begin one handshake after the other: the manager does its costly part, the signature, and they go.
private final class Flood: Sendable {
    private let isOver = Atomic(false)
    private let count = Atomic(0)

    init(_ hello: [UInt8], port: Int) {
        for _ in 0..<2 {
            Thread.detachNewThread {
                while !self.isOver.load(ordering: .relaxed) {
                    guard let peer = try? RawPeer(port: port) else { continue }
                    peer.send(hello)
                    self.count.add(1, ordering: .relaxed)
                }
            }
        }
    }

    /// Ends it; how many handshakes were begun.
    func stop() -> Int {
        isOver.store(true, ordering: .relaxed)
        return count.load(ordering: .relaxed)
    }
}

/// The types of frames.
enum Frame {
    static let hello: UInt8 = 1
    static let welcome: UInt8 = 2
    static let order: UInt8 = 3
    static let report: UInt8 = 6
    static let ping: UInt8 = 8
    static let pong: UInt8 = 9
    static let failure: UInt8 = 13
}
