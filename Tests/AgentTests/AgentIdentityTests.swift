import Daemon
import Foundation
import Logging
import TLS
import TestSupport
import Testing

@testable import Agent

@Suite struct `Whom an agent trusts` {
    private let folder: TemporaryHome
    private let home: Home
    private let old: CertificateAuthority
    private let new: CertificateAuthority
    private let identity: AgentIdentity
    private let now = CertificateAuthority.currentTime

    init() throws {
        folder = try TemporaryHome()
        home = Home(folder.path)
        old = try CertificateAuthority()
        new = try CertificateAuthority(replacing: old.certificate)
        let key = try PrivateKey()
        let credentials = AgentCredentials(
            authorities: [old.certificate],
            certificate: try old.issueAgentCertificate(
                for: CertificateRequest(for: key), agentID: "001", lifetime: 86_400), key: key)
        try credentials.write(to: home)
        identity = try AgentIdentity(
            home: home, credentials: credentials, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func trusted() throws -> [Fingerprint] {
        try AgentCredentials.load(home: home).authorities.map { try $0.fingerprint() }
    }

    @Test func `is in its file before the manager is told, and its certificate is renewed in time`() throws {
        let (first, second) = (try old.certificate.fingerprint(), try new.certificate.fingerprint())
        #expect(identity.renewalRequest(now: now) == nil)
        let context = identity.context
        let told = [try old.certificate.der(), try new.certificate.der()]
        #expect(identity.trust(told, renewWithin: 100, now: now) == [first.bytes, second.bytes])
        #expect(try trusted() == [first, second])
        #expect(identity.context !== context)
        let request = try #require(identity.renewalRequest(now: now + 100))
        // Not asked again and again.
        #expect(identity.renewalRequest(now: now + 101) == nil)
        let renewed = try new.issueAgentCertificate(
            for: CertificateRequest(der: request), agentID: "001", lifetime: 3600)
        // It ends before the one it replaces: that of an authority that is going is worth less.
        #expect(identity.take(certificate: try renewed.pem()))
        let next = identity.context
        identity.accepted(next)
        #expect(identity.context === next)
        #expect(identity.renewalRequest(now: now + 200) == nil)
        // Heard again, nothing changes; the old one goes.
        #expect(identity.trust(told, renewWithin: 0, now: now) == [first.bytes, second.bytes])
        #expect(identity.context === next)
        #expect(identity.trust([try new.certificate.der()], renewWithin: 0, now: now) == [second.bytes])
        #expect(try trusted() == [second])
        #expect(identity.renewalRequest(now: now + 200) == nil)
    }

    @Test func `stays as it was when what comes cannot be read or kept`() throws {
        let first = try old.certificate.fingerprint()
        let context = identity.context
        #expect(identity.trust([try new.certificate.der(), [1, 2, 3]], renewWithin: 0, now: now) == nil)
        // A folder in the place of the file: nothing can be moved there.
        let path = home.tls + "/ca.pem"
        let bytes = try #require(folder.bytes(of: "etc/tls/ca.pem"))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(identity.trust([try new.certificate.der()], renewWithin: 0, now: now) == nil)
        #expect(identity.context === context)
        try FileManager.default.removeItem(atPath: path)
        try folder.write(Array(bytes), to: "etc/tls/ca.pem")
        #expect(try trusted() == [first])
    }
}
