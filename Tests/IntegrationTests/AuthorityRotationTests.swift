import Foundation
import TLS
import TestSupport
import Testing

@Suite struct `A new certificate authority` {
    /// A manager with enrolled agents, and its authority as it was at first.
    private struct Site {
        let fleet: Fleet
        let old: CertificateAuthority
        let homes: [TemporaryHome]
        private(set) var manager: DaemonProcess

        init(agents: Int) async throws {
            let fleet = try Fleet(policy: policy())
            self.fleet = fleet
            manager = try await fleet.startManager()
            homes = try (0..<agents).map { try fleet.enrollAgent(named: "web-\($0 + 3)") }
            old = try CertificateAuthority(directory: fleet.managerHome.path + "/etc/tls")
        }

        var tls: String { fleet.managerHome.path + "/etc/tls/" }

        mutating func startManager() async throws {
            manager = try await fleet.startManager()
        }

        /// What `ca show` says.
        var shown: Shown {
            get throws { try Shown(try fleet.controlJSON("ca", "show")) }
        }

        /// Waits until `ca show` says so.
        func wait(until isSo: (Shown) -> Bool) async throws {
            for _ in 0..<600 {
                if isSo(try shown) { return }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw NotSeen("ca show says \(try shown)")
        }

        /// How many authorities an agent trusts, by its file.
        func trusted(by home: TemporaryHome) throws -> [Fingerprint] {
            try Certificate.chain(file: home.path + "/etc/tls/ca.pem").map { try $0.fingerprint() }
        }

        /// Waits until an agent trusts one authority only.
        func trustsOne(_ home: TemporaryHome) async throws {
            let path = home.path + "/etc/tls/ca.pem"
            try await FileChange.wait(for: path) { try Certificate.chain(file: path).count == 1 }
        }

        func has(_ file: String) -> Bool { access(tls + file, F_OK) == 0 }

        /// What a holder of this certificate is told by the manager.
        func knock(_ certificate: Certificate, _ key: PrivateKey) async throws -> (types: [UInt8], errors: String) {
            let authorities = try Certificate.chain(file: tls + "ca.pem")
            let context = try TLSContext.agent(authority: authorities[0], certificate: certificate, key: key)
            return try await TLSPeer.connect(context, port: fleet.port).end()
        }
    }

    private struct Shown: CustomStringConvertible {
        let isRotating: Bool
        let roles: [String]
        let fingerprints: [String]
        /// The authority of the certificate that agents are shown.
        let presented: String
        let withoutTrust: [String]
        let withOldCertificate: [String]

        init(_ document: Any) throws {
            let document = try #require(document as? [String: Any])
            isRotating = try #require(document["rotating"] as? Bool)
            let authorities = try #require(document["authorities"] as? [[String: String]])
            roles = authorities.compactMap { $0["role"] }
            fingerprints = authorities.compactMap { $0["fingerprint"] }
            let certificate = try #require(document["manager_certificate"] as? [String: String])
            presented = try #require(certificate["authority"])
            func ids(_ key: String) throws -> [String] {
                try #require(document[key] as? [[String: String]]).compactMap { $0["id"] }
            }
            withoutTrust = try ids("agents_without_trust")
            withOldCertificate = try ids("agents_with_old_certificate")
        }

        var isOver: Bool { withoutTrust.isEmpty && withOldCertificate.isEmpty }

        var description: String {
            "rotating \(isRotating), \(roles), presents \(presented), without trust \(withoutTrust), "
                + "old certificates \(withOldCertificate)"
        }
    }

    private func enroll(_ site: Site, _ name: String, token: String) throws -> (TemporaryHome, CommandResult) {
        let home = try TemporaryHome()
        let result = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-agent",
            ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(site.fleet.port)", "--name", name],
            input: token)
        return (home, result)
    }

    @Test func `takes the place of the old one, and an agent that was away comes back in between`() async throws {
        var site = try await Site(agents: 2)
        let first = try await site.fleet.startAgent(site.homes[0])
        let before = try site.shown
        #expect(before.roles == ["only"] && !before.isRotating)
        let token = try site.fleet.control("enroll", "token", "--uses", "3").output
        #expect(try site.fleet.control("ca", "retire").status == 1)

        let rotated = try site.fleet.control("ca", "rotate", "--reason", "yearly")
        #expect(rotated.status == 0, "\(rotated.errors)")
        try await first.line(containing: "Disconnected from the manager", "the certificate was renewed")
        try await site.wait { $0.withoutTrust == ["002"] && $0.withOldCertificate == ["002"] }
        let during = try site.shown
        #expect(during.roles == ["old", "new"] && during.fingerprints.first == before.presented)
        // Nobody is locked out: what is shown is of the old one.
        #expect(during.presented == before.presented)
        #expect(try site.trusted(by: site.homes[0]).map(\.description) == during.fingerprints)
        for key in ["ca-key.pem", "ca-next-key.pem", "ca-next.pem"] {
            let mode = try FileManager.default.attributesOfItem(atPath: site.tls + key)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(try site.fleet.control("ca", "rotate").status == 1)
        let refused = try site.fleet.control("ca", "retire")
        #expect(refused.status == 1 && refused.errors.contains("002"), "\(refused.errors)")
        #expect(!refused.errors.contains("001"))

        // A token of before is good, and its agent knows both.
        let (third, enrolled) = try enroll(site, "web-05", token: token)
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        #expect(try site.trusted(by: third).map(\.description) == during.fingerprints)
        let thirdAgent = try await site.fleet.startAgent(third)

        let second = try await site.fleet.startAgent(site.homes[1])
        try await second.line(containing: "Disconnected from the manager", "the certificate was renewed")
        try await site.wait { $0.isOver && $0.presented == during.fingerprints.last }
        // A host that enrolls now sees what its token names; while its agent has said nothing, agents see the old one.
        let (_, late) = try enroll(site, "web-06", token: token)
        #expect(late.status == 0, "\(late.errors)")
        #expect(try site.shown.presented == before.presented)
        try site.fleet.control("agents", "remove", "004")
        #expect(try site.shown.presented == during.fingerprints.last)

        let retired = try site.fleet.control("ca", "retire", "--reason", "done")
        #expect(retired.status == 0 && retired.output.contains("1 enrollment tokens"), "\(retired.errors)")
        let after = try site.shown
        #expect(after.roles == ["only"] && after.fingerprints.first == during.fingerprints.last)
        #expect(!site.has("ca-next.pem") && !site.has("ca-next-key.pem"))
        for home in [site.homes[0], site.homes[1], third] {
            try await site.trustsOne(home)
            #expect(try site.trusted(by: home).map(\.description) == after.fingerprints)
        }
        // Links that were open stayed so: one for the start, one for the renewed certificate.
        #expect(first.lines.count { $0.contains("Connected to the manager") } == 2)
        #expect(thirdAgent.lines.count { $0.contains("Connected to the manager") } == 1)

        let key = try PrivateKey()
        let forged = try site.old.issueAgentCertificate(for: CertificateRequest(for: key), agentID: "001")
        let answer = try await site.knock(forged, key)
        #expect(answer.types.isEmpty && answer.errors.contains("unknown ca"), "\(answer)")
        let (_, lost) = try enroll(site, "web-07", token: token)
        #expect(lost.status == 1 && lost.errors.contains("token's fingerprint"), "\(lost.errors)")
        let changes = try site.fleet.control("changes").output
        #expect(changes.contains("ca_rotated") && changes.contains("yearly") && changes.contains("ca_retired"))

        await site.manager.stop()
        await first.stop()
        await second.stop()
        await thirdAgent.stop()
        try await site.startManager()
        for home in [site.homes[0], site.homes[1], third] {
            let agent = try await site.fleet.startAgent(home)
            await agent.stop()
        }
        await site.manager.stop()
    }

    @Test func `is forced on agents that do not answer: they are named and locked out`() async throws {
        var site = try await Site(agents: 2)
        let first = try await site.fleet.startAgent(site.homes[0])
        let second = try await site.fleet.startAgent(site.homes[1])
        let (key, certificate) = (
            try PrivateKey(file: site.homes[1].path + "/etc/tls/agent-key.pem"),
            try Certificate(file: site.homes[1].path + "/etc/tls/agent.pem")
        )
        second.signal(SIGSTOP)
        #expect(try site.fleet.control("ca", "rotate").status == 0)
        try await site.wait { $0.withoutTrust == ["002"] && $0.withOldCertificate == ["002"] }
        let forced = try site.fleet.control("ca", "retire", "--force")
        #expect(forced.status == 0 && forced.output.contains("002 (web-4)") && !forced.output.contains("001"))
        try await site.manager.line(containing: "Agent is disconnected", "agent=002")
        let answer = try await site.knock(certificate, key)
        #expect(answer.types.isEmpty && answer.errors.contains("unknown ca"), "\(answer)")
        second.signal(SIGCONT)
        await second.stop()
        await first.crash()
        await site.manager.crash()
        try await site.startManager()
        let again = try await site.fleet.startAgent(site.homes[0])
        await again.stop()
        // Enrolled anew it is an agent like any other.
        let token = try site.fleet.control("enroll", "token", "--id", "002").output
        let (home, enrolled) = try enroll(site, "web-4", token: token)
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        let renewed = try await site.fleet.startAgent(home)
        await renewed.stop()
        await site.manager.stop()
    }

    @Test func `goes on wherever manager and agent were killed`() async throws {
        var site = try await Site(agents: 1)
        let home = site.homes[0]
        // Before the certificate was there: a key alone is nothing.
        await site.manager.crash()
        let stray = try CertificateAuthority(replacing: site.old.certificate)
        try stray.writeNextKey(to: site.tls)
        try await site.startManager()
        #expect(try site.shown.roles == ["only"] && !site.has("ca-next-key.pem"))
        // When it had just begun, with the agent in the midst of it.
        let agent = try await site.fleet.startAgent(home)
        #expect(try site.fleet.control("ca", "rotate").status == 0)
        await site.manager.crash()
        await agent.crash()
        try await site.startManager()
        let during = try site.shown
        #expect(during.roles == ["old", "new"])
        // Wherever the agent was: it had written whom to trust, and said nothing yet.
        let both = try Certificate.chain(file: site.tls + "ca.pem") + Certificate.chain(file: site.tls + "ca-next.pem")
        try Certificate.write(both, to: home.path + "/etc/tls/ca.pem")
        let again = try await site.fleet.startAgent(home)
        try await site.wait { $0.isOver && $0.presented == during.fingerprints.last }
        // The agent confirmed, and the manager was killed.
        await site.manager.crash()
        try await site.startManager()
        try await site.wait { $0.isOver && $0.presented == during.fingerprints.last }
        await again.crash()
        let third = try await site.fleet.startAgent(home)
        // Between the two steps of a retirement.
        await site.manager.crash()
        #expect(rename(site.tls + "ca-next-key.pem", site.tls + "ca-key.pem") == 0)
        try await site.startManager()
        let after = try site.shown
        #expect(after.roles == ["only"] && after.fingerprints.first == during.fingerprints.last)
        try await site.trustsOne(home)
        #expect(try site.trusted(by: home).map(\.description) == after.fingerprints)
        await third.stop()
        await site.manager.stop()
    }
}
