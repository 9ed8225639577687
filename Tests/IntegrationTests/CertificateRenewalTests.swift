import Foundation
import TLS
import TestSupport
import Testing

@Suite struct `Certificates that end` {
    /// An agent whose certificate has this many seconds behind and before it.
    private struct Site {
        let fleet: Fleet
        let home: TemporaryHome
        let key: PrivateKey
        let certificate: Certificate

        init(age: Int64, rest: Int64) async throws {
            fleet = try Fleet(policy: policy())
            let manager = try await fleet.startManager()
            home = try fleet.enrollAgent(named: "web-03")
            await manager.stop()
            key = try PrivateKey()
            certificate = try CertificateAuthority(directory: fleet.managerHome.path + "/etc/tls")
                .issueAgentCertificate(
                    for: CertificateRequest(for: key), agentID: "001", lifetime: age + rest,
                    now: CertificateAuthority.currentTime - age)
            try key.write(to: home.path + "/etc/tls/agent-key.pem")
            try certificate.write(to: home.path + "/etc/tls/agent.pem")
            let changed = try ShellCommand.run(
                "/usr/bin/env",
                [
                    "sqlite3", fleet.managerHome.path + "/var/manager.db",
                    "UPDATE agent SET certificate_fingerprint = '\(try certificate.fingerprint())'",
                ])
            guard changed.status == 0 else { throw NotSeen("sqlite3 failed: \(changed.errors)") }
        }

        var present: Certificate {
            get throws { try Certificate(file: home.path + "/etc/tls/agent.pem") }
        }

        func has(_ file: String) -> Bool { home.bytes(of: "etc/tls/" + file) != nil }
    }

    @Test func `one with a third of its life left is renewed by the agent, and the old one opens nothing then`()
        async throws
    {
        let site = try await Site(age: 7200, rest: 3000)
        let manager = try await site.fleet.startManager()
        let agent = try await site.fleet.startAgent(site.home)
        try await agent.line(containing: "Disconnected from the manager", "the certificate was renewed")
        try await manager.line(containing: "Agent is disconnected", "the certificate was renewed")
        try await FileChange.gone(site.home.path + "/etc/tls/agent-next.pem")
        // The agent uses the new one before the manager has noted that.
        let log = site.fleet.managerHome.path + "/logs/edr-manager.log"
        try await FileLines.count(2, in: log, containing: "Agent is connected")
        let renewed = try site.present
        #expect(try renewed.fingerprint() != site.certificate.fingerprint())
        #expect(renewed.expiresAt > CertificateAuthority.currentTime + 89 * 24 * 3600)
        #expect(renewed.belongs(to: try PrivateKey(file: site.home.path + "/etc/tls/agent-key.pem")))
        #expect(!site.has("agent-next-key.pem"))
        let old = try await TLSPeer.connect(
            .agent(
                authority: CertificateAuthority(directory: site.fleet.managerHome.path + "/etc/tls").certificate,
                certificate: site.certificate, key: site.key), port: site.fleet.port)
        #expect(await old.end().types == [Frame.failure])
        // Both go on with it after a restart.
        await agent.stop()
        await manager.crash()
        let next = try await site.fleet.startManager()
        let again = try await site.fleet.startAgent(site.home)
        await again.stop()
        await next.stop()
    }

    @Test func `a renewal that a crash interrupted is finished, wherever it was`() async throws {
        let site = try await Site(age: 7200, rest: 3000)
        let manager = try await site.fleet.startManager()
        let tls = site.home.path + "/etc/tls/"
        let agent = try await site.fleet.startAgent(site.home)
        try await agent.line(containing: "Disconnected from the manager", "the certificate was renewed")
        try await FileChange.gone(tls + "agent-next.pem")
        await agent.crash()
        let (key, certificate) = (
            try PrivateKey(file: tls + "agent-key.pem"), try Certificate(file: tls + "agent.pem")
        )
        // After the first of the last two steps.
        try site.certificate.write(to: tls + "agent.pem")
        try certificate.write(to: tls + "agent-next.pem")
        let second = try await site.fleet.startAgent(site.home)
        #expect(try site.present.fingerprint() == certificate.fingerprint())
        await second.crash()
        // Before them: the manager has seen the new one already.
        try site.key.write(to: tls + "agent-key.pem")
        try site.certificate.write(to: tls + "agent.pem")
        try key.write(to: tls + "agent-next-key.pem")
        try certificate.write(to: tls + "agent-next.pem")
        let third = try await site.fleet.startAgent(site.home)
        #expect(try site.present.fingerprint() == certificate.fingerprint())
        await third.crash()
        // A key alone, for which no certificate came.
        try PrivateKey().write(to: tls + "agent-next-key.pem")
        let fourth = try await site.fleet.startAgent(site.home)
        await fourth.stop()
        await manager.stop()
    }

    @Test func `one that has expired is refused, and the agent says what to do`() async throws {
        let site = try await Site(age: 7200, rest: -60)
        let manager = try await site.fleet.startManager()
        let agent = try DaemonProcess("edr-agent", ["--home", site.home.path])
        try await agent.line(containing: "Certificate has expired", "enroll token --id 001")
        try await agent.line(containing: "certificate expired")
        await agent.stop()
        await manager.stop()
    }
}
