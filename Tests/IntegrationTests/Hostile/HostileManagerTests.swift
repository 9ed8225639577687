import ActiveResponse
import AgentProtocol
import Foundation
import NIOCore
import TLS
import TestSupport
import Testing

@Suite(.serialized) struct `Managers that are hostile to an agent` {
    // MARK: - Before the agent trusts anybody

    @Test func `nobody but the manager is believed to be the manager`() async throws {
        let site = try await BesiegedAgent()
        let key = try PrivateKey()
        let year: Int64 = 365 * 24 * 3600
        let now = CertificateAuthority.currentTime
        let other = site.otherHome.path + "/etc/tls/"
        let foreign = try CertificateAuthority()
        let impostors: [(String, TLSContext)] = [
            (
                "self-signed",
                try .server(
                    authority: foreign.certificate, certificate: foreign.issueServerCertificate(for: key), key: key)
            ),
            // An enrolled agent has a certificate of the same authority.
            (
                "purpose",
                try .server(
                    authority: site.authority.certificate, certificate: Certificate(file: other + "agent.pem"),
                    key: PrivateKey(file: other + "agent-key.pem"))
            ),
            (
                "expired",
                try .server(
                    authority: site.authority.certificate,
                    certificate: site.authority.issueServerCertificate(for: key, now: now - 11 * year), key: key)
            ),
        ]
        for (reason, context) in impostors {
            let manager = try await HostileManager.start(context, port: site.port)
            let line = try await site.agent.line(containing: "did not accept the agent", reason)
            #expect(line.contains("certificate"), "\(line)")
            try await manager.stop()
        }
        // The agent has not said hello to any of them, and finds the real one.
        let (manager, link) = try await site.betrayed()
        try await link.send(site.order())
        #expect(await link.first { if case .report = $0 { true } else { false } } != nil)
        #expect(await site.stop() == 0)
        try await manager.stop()
    }

    @Test func `a manager that speaks an older TLS is refused`() async throws {
        let site = try await BesiegedAgent()
        let key = try PrivateKey()
        try site.authority.issueServerCertificate(for: key).write(to: site.home.path + "/server.pem")
        try key.write(to: site.home.path + "/server-key.pem")
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let server = try ShellCommand.start(
            "/usr/bin/openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(site.port)", "-cert", site.home.path + "/server.pem", "-key",
                site.home.path + "/server-key.pem", "-tls1_2", "-alpn", "edr-agent/1", "-quiet",
            ], descriptors: [null, null, null])
        try await site.agent.line(containing: "did not accept the agent", "protocol version")
        kill(server, SIGKILL)
        waitpid(server, nil, 0)
        let (manager, _) = try await site.betrayed()
        #expect(await site.stop() == 0)
        try await manager.stop()
    }

    @Test func `bytes that are no TLS, and a handshake byte by byte, end the connection`() async throws {
        let site = try await BesiegedAgent()
        let garbage = try RawServer(port: site.port) { connection in
            connection.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 0xFF, count: 70_000))
        }
        try await site.agent.line(containing: "did not accept the agent", "version")
        garbage.stop()
        let start = ContinuousClock.now
        let slow = try RawServer(port: site.port) { connection in
            // The beginning of a record, in which a server's hello would come.
            for byte in [0x16, 0x03, 0x03, 0x40, 0x00, 0x02] + [UInt8](repeating: 0, count: 200) {
                guard connection.send([byte]) else { return }
                usleep(200_000)
            }
        }
        try await site.agent.line(containing: "did not accept the agent", "in time")
        // The wait before the attempt included.
        #expect((.seconds(9)...(.seconds(40))).contains(ContinuousClock.now - start))
        slow.stop()
        let (manager, _) = try await site.betrayed()
        #expect(await site.stop() == 0)
        try await manager.stop()
    }

    // MARK: - With the real authority's key

    @Test func `whoever breaks the protocol is left, and asked again less and less often`() async throws {
        let site = try await BesiegedAgent()
        let manager = try await HostileManager.start(site.realContext(), port: site.port)
        // Accepted and thrown out at once, again and again.
        let start = ContinuousClock.now
        var attempts = 0
        while ContinuousClock.now - start < .seconds(4) {
            let link = try await manager.link()
            try await link.welcome()
            try await link.channel.close()
            attempts += 1
        }
        #expect(attempts < 15, "\(attempts) attempts in four seconds")
        try await site.restart()
        let order = TLSPeer.frame(Frame.order, site.order().encoded())
        for (bytes, isWelcomed) in [
            ([0xFF, 0xFF, 0xFF, 0xFF], false), (order, false), (TLSPeer.frame(Frame.hello, [0x08, 1]), false),
            ([0, 0x7F, 0xFF, 0xFF, 1], true), ([0, 0, 0, 0], true), (TLSPeer.frame(Frame.welcome, [0x08, 1]), true),
        ] as [([UInt8], Bool)] {
            let link = try await manager.link()
            if isWelcomed { try await link.welcome() }
            await link.send(bytes: bytes)
            #expect(await link.end().allSatisfy { ["hello", "journal_summary"].contains($0) }, "\(bytes)")
        }
        // What is unknown is skipped; one that falls silent in a frame is given up.
        let link = try await manager.link()
        try await link.welcome(heartbeatSeconds: 1)
        let good = site.order()
        await link.send(bytes: TLSPeer.frame(200, [1, 2, 3]) + TLSPeer.frame(Frame.order, [1, 2, 3]))
        try await link.send(good)
        #expect(try await link.event([.finished], of: good.id)?.exitStatus == 0)
        link.fallSilent()
        await link.send(bytes: [0, 0, 1, 0, Frame.order, 1])
        _ = await link.end()
        try await site.agent.line(containing: "the manager fell silent")
        #expect(site.home.record.count == 1)
        #expect(await site.stop() == 0)
        try await manager.stop()
    }

    @Test func `orders with hostile values are refused, one by one, and nothing of them runs`() async throws {
        let site = try await BesiegedAgent()
        let (manager, link) = try await site.betrayed()
        let stateful = site.order { $0.timeout = 3 }
        try await link.send(stateful)
        let active = try #require(try await link.event([.active], of: stateful.id))
        symlink("/bin/sh", site.home.path + "/active-response/bin/shell")
        let marker = site.home.path + "/ran"
        let shell = ["-c", "touch \(marker)"]
        let changes: [(inout Order) -> Void] = [
            {
                $0.executable = "../../bin/sh"; $0.extraArguments = shell
            },
            {
                $0.executable = "/bin/sh"; $0.extraArguments = shell
            },
            {
                $0.executable = "shell"; $0.extraArguments = shell
            },
            { $0.executable = "x/../../../bin/sh" }, { $0.executable = "." }, { $0.executable = ".." },
            { $0.executable = "record\u{0}/../sh" }, { $0.executable = "record\n" },
            { $0.executable = "record; touch \(marker)" }, { $0.executable = "$(touch \(marker))" },
            { $0.executable = String(repeating: "a/", count: 100_000) },
            { $0.sourceAddress = "; touch \(marker)" }, { $0.sourceAddress = "198.51.100.1\u{0}" },
            { $0.sourceAddress = "198.51.100.1 -j ACCEPT" }, { $0.sourceAddress = "" }, { $0.sourceAddress = "-" },
            { $0.sourceAddress = "127.0.0.1" },
            { $0.user = "-rf" }, { $0.user = "root;touch \(marker)" }, { $0.user = "../root" }, { $0.user = "a\u{0}b" },
            { $0.user = "" }, { $0.user = "a b" },
            { $0.filename = "etc/passwd" }, { $0.filename = "/tmp/../etc/passwd" }, { $0.filename = "/tmp/a\u{0}" },
            { $0.extraArguments = ["a\u{0}b"] }, { $0.extraArguments = ["a\nb"] },
            { $0.extraArguments = [String](repeating: "a", count: 10_000) },
            { $0.timeout = -1 }, { $0.timeout = .max }, { $0.timeout = .min }, { $0.execTimeout = -1 },
            { $0.execTimeout = .max }, { $0.repeatedOffenders = [.max] }, { $0.repeatedOffenders = [-1] },
            { $0.agentID = "002" }, { $0.agentID = "" }, { $0.agentID = "000" }, { $0.command = "a\nb" },
            { $0.containment.runAs = "root;id" }, { $0.containment.sha256 = [1] },
        ]
        for change in changes {
            let order = site.order(change)
            try await link.send(order)
            let end = try #require(
                try await link.event([.refused, .finished, .active, .failed], of: order.id), "\(order)")
            #expect(end.kind == .refused, "\(order): \(end)")
            // An undo of something that nobody knows runs a script too.
            if order.sourceAddress != "127.0.0.1" {
                var undo = site.order(change)
                undo.kind = .undo(by: "evil")
                try await link.send(undo)
                let end = try #require(try await link.event([.undoFailed, .undone], of: undo.id))
                #expect(end.kind == .undoFailed, "\(undo): \(end)")
            }
        }
        let undone = try #require(try await link.event([.undone], of: stateful.id))
        #expect(undone.at - (active.undoDue ?? 0) < 5000, "undone \(undone.at - (active.undoDue ?? 0)) ms late")
        let good = site.order()
        try await link.send(good)
        #expect(try await link.event([.finished], of: good.id)?.exitStatus == 0)
        #expect(site.home.record.map { $0.prefix(4) } == ["add ", "dele", "add "])
        #expect(!FileManager.default.fileExists(atPath: marker))
        #expect(await site.stop() == 0)
        try await manager.stop()
    }

    @Test func `a flood of orders takes bounded memory, and undos are on time meanwhile`() async throws {
        let site = try await BesiegedAgent()
        try site.home.addScript("slow", "#!/bin/sh\nsleep 60\n")
        let (manager, link) = try await site.betrayed(heartbeatSeconds: 2)
        let stateful = site.order { $0.timeout = 5 }
        try await link.send(stateful)
        let active = try #require(try await link.event([.active], of: stateful.id))
        let before = site.memory
        // No alert, so nobody spends time on reading it; as large as one may be.
        let alert = [UInt8](repeating: 0x20, count: 1 << 20)
        var last = stateful.id
        for _ in 0..<100 {
            let large = site.order {
                $0.executable = "slow"; $0.alertJSON = alert
            }
            last = large.id
            try await link.send(large)
        }
        for _ in 0..<5_000 {
            let small = site.order { $0.executable = "missing" }
            last = small.id
            try await link.send(small)
        }
        async let undone = link.event([.undone], of: stateful.id)
        let lateness = try #require(try await undone).at - (active.undoDue ?? 0)
        // Within one second, and some for the debug build of a test on a busy machine.
        #expect(lateness < 5000 || Sanitizer.isOn, "undone \(lateness) ms late")
        // Nothing is acknowledged; what the agent says is read.
        _ = try await link.event([.refused], of: last)
        site.expectMemory(atMost: 250_000, above: before)
        // It is asked for what it holds, again and again, and nobody reads the answers.
        try await link.channel.setOption(.autoRead, value: false).get()
        let held = (2...65).map { number in
            DispatchID.of(
                alertIdentity: Array("\(number)".utf8), activeResponse: "evil", agent: "001", action: "add"
            ).bytes
        }
        for _ in 0..<300 { link.channel.writeAndFlush(Message.describe(dispatchIDs: held), promise: nil) }
        for nonce in 0..<200_000 { link.channel.write(Message.ping(nonce: UInt64(nonce)), promise: nil) }
        link.channel.flush()
        // The agent gives up whoever does not read.
        try await site.agent.line(containing: "the manager fell silent", within: 60)
        site.expectMemory(atMost: 350_000, above: before)
        try await manager.stop()
        #expect(await site.stop() == 0)
    }
}
