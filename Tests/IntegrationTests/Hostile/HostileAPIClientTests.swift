import Foundation
import NIOCore
import TLS
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct `Clients that are hostile to the API` {
    @Test func `no token and a wrong one are refused, logged, and bounded; a good one works all the same`() async throws
    {
        let site = try await APISite()
        let token = try site.text(of: site.token("viewer"))
        let none = try site.curl("/v1/status")
        #expect(none.output.hasSuffix("401") && none.output.lowercased().contains("www-authenticate: bearer"))
        #expect(none.output.contains("\"error\""))
        // Not even whether there is such a path.
        #expect(try site.curl("/v1/nothing").output.hasSuffix("401"))
        for header in [
            "Bearer edr-api-" + String(repeating: "0", count: 48), "Bearer", "Basic \(token)", "Bearer \(token) x",
            "Bearer \(token)0",
        ] {
            #expect(try site.curl("/v1/status", "-H", "Authorization: \(header)").output.hasSuffix("401"))
        }
        try await site.manager.line(containing: "API token was refused", "address=127.0.0.1")
        var last = ""
        for _ in 0..<20 { last = try site.curl("/v1/status").output }
        #expect(last.hasSuffix("429") && last.lowercased().contains("connection: close"))
        let good = "Authorization: Bearer \(token)"
        #expect(try site.curl("/v1/status", "-H", good).output.hasSuffix("200"))
        #expect(try site.curl("/v1/nothing", "-H", good).output.hasSuffix("404"))
        #expect(!site.manager.lines.contains { $0.contains(token) })
        #expect(await site.manager.stop() == 0)
    }

    @Test func `a token that is revoked or ends is worth nothing on an open connection either`() async throws {
        let site = try await APISite()
        let (file, brief) = (try site.token("admin"), try site.token("viewer", ttl: "2s"))
        let asking = "GET /v1/agents HTTP/1.1\r\nHost: m\r\nAuthorization: Bearer \(try site.text(of: file))\r\n\r\n"
        let peer = try await site.connect()
        await peer.send(Array(asking.utf8))
        #expect(await peer.text(until: "[]").hasPrefix("HTTP/1.1 200"))
        #expect(try site.fleet.control("api-token", "revoke", "admin").status == 0)
        await peer.send(Array(asking.utf8))
        #expect(await peer.text(until: nil).hasPrefix("HTTP/1.1 401"))

        var answer = try site.control(brief, "agents", "list")
        let end = ContinuousClock.now + .seconds(20)
        while answer.status == 0, ContinuousClock.now < end { answer = try site.control(brief, "agents", "list") }
        #expect(answer.status == 1 && answer.errors.contains("takes an API token that is valid"))
        try await site.manager.line(containing: "API token was refused", "has expired")
        await site.manager.stop()
    }

    @Test func `plain HTTP and an older TLS are refused`() async throws {
        let site = try await APISite()
        let plain = try RawPeer(port: site.port)
        plain.send(Array("GET /v1/status HTTP/1.1\r\nHost: m\r\n\r\n".utf8))
        #expect(plain.isClosed(within: 5))
        try await site.manager.line(containing: "Connection was refused", "http request")
        let old = try ShellCommand.run(
            "/usr/bin/openssl", ["s_client", "-connect", "127.0.0.1:\(site.port)", "-tls1_2", "-brief"])
        #expect(old.status != 0)
        let other = try ShellCommand.run(
            "/usr/bin/openssl", ["s_client", "-connect", "127.0.0.1:\(site.port)", "-alpn", "edr-agent/1", "-brief"])
        #expect(other.status != 0)
        // The agents' port serves no HTTP.
        let swapped = try ShellCommand.run(
            "/usr/bin/openssl",
            ["s_client", "-connect", "127.0.0.1:\(site.fleet.port)", "-alpn", "http/1.1", "-brief"])
        #expect(swapped.status != 0)
        await site.manager.stop()
    }

    @Test func `slow headers, and silence, are cut off in time`() async throws {
        let site = try await APISite()
        let (slow, silent) = (try await site.connect(), try await site.connect())
        let start = ContinuousClock.now
        let request = Array("GET /v1/status HTTP/1.1\r\nX: \(String(repeating: "x", count: 1_000))".utf8)
        let dripping = Task {
            for byte in request {
                guard await slow.send([byte]) else { return }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        #expect(await slow.text(until: nil) == "")
        #expect(await silent.text(until: nil) == "")
        #expect((.seconds(15)...(.seconds(90))).contains(ContinuousClock.now - start))
        dripping.cancel()
        await site.manager.stop()
    }

    @Test func `large headers and bodies are not taken, and no body of whom may not send it`() async throws {
        let site = try await APISite()
        let (viewer, admin) = (try site.token("viewer"), try site.token("admin"))
        let large = site.fleet.managerHome.path + "/body"
        #expect(FileManager.default.createFile(atPath: large, contents: nil))
        #expect(truncate(large, (1 << 20) + 1) == 0)
        let bearer = "Authorization: Bearer "
        let refused = try site.curl(
            "/v1/commands", "-H", bearer + site.text(of: viewer), "--data-binary", "@" + large)
        #expect(refused.output.hasSuffix("403"))
        let tooLarge = try site.curl(
            "/v1/commands", "-H", bearer + site.text(of: admin), "--data-binary", "@" + large)
        #expect(tooLarge.output.hasSuffix("413"))
        for header in ["X: " + String(repeating: "x", count: 20_000)] {
            let headers = try site.curl("/v1/status", "-H", bearer + site.text(of: viewer), "-H", header)
            #expect(headers.output.hasSuffix("400"))
        }
        // An endless body of somebody without a token ends with the connection.
        let peer = try await site.connect()
        await peer.send(Array("POST /v1/alerts HTTP/1.1\r\nHost: m\r\nContent-Length: 99999999999\r\n\r\n".utf8))
        let start = ContinuousClock.now
        var isOpen = true
        while isOpen, ContinuousClock.now - start < .seconds(40) {
            isOpen = await peer.send([UInt8](repeating: 0x20, count: 10_000))
        }
        #expect(!isOpen)
        #expect(await peer.text(until: nil).hasPrefix("HTTP/1.1 401"))
        await site.manager.stop()
    }

    @Test func `idle connections of strangers take few places, and the manager stops with them open`() async throws {
        let site = try await APISite()
        let token = try site.token("viewer")
        var peers: [RawPeer] = []
        for _ in 0..<200 { peers.append(try RawPeer(port: site.port)) }
        try await site.manager.line(containing: "Too many connections of unknown peers")
        // Whoever comes new takes the place of the oldest that had two seconds.
        try await Task.sleep(for: .seconds(2.1))
        #expect(try site.control(token, "status").status == 0)
        let start = ContinuousClock.now
        #expect(await site.manager.stop() == 0)
        #expect(ContinuousClock.now - start < .seconds(30))
        withExtendedLifetime(peers) {}
    }
}
