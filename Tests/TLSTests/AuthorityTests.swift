import Foundation
import NIOCore
import Testing

@testable import TLS

/// What makes it possible to put a new authority in the place of an old one.
@Suite struct `Two certificate authorities` {
    private let old: CertificateAuthority
    private let new: CertificateAuthority
    private let oldServer: ServerCredentials
    private let newServer: ServerCredentials

    init() throws {
        let now = CertificateAuthority.currentTime
        old = try CertificateAuthority(now: now - 86_400)
        new = try CertificateAuthority(replacing: old.certificate)
        oldServer = try ServerCredentials(of: old, lifetime: 7200)
        newServer = try ServerCredentials(of: new, lifetime: 7200)
    }

    private func agent(of authority: CertificateAuthority, trusting: CertificateAuthority...) throws -> TLSContext {
        let key = try PrivateKey()
        return try .agent(
            authority: trusting[0].certificate, alsoTrusting: trusting.dropFirst().map(\.certificate),
            certificate: authority.issueAgentCertificate(for: CertificateRequest(for: key), agentID: "007"), key: key)
    }

    private func server(
        _ shown: ServerCredentials, enrollment: ServerCredentials? = nil, replacing: TLSContext? = nil
    ) throws -> TLSContext {
        try .server(
            authority: old.certificate, alsoTrusting: [new.certificate], certificate: shown.certificate,
            key: shown.key, enrollment: enrollment, replacing: replacing)
    }

    private func connect(_ client: TLSContext, _ server: TLSContext) throws -> Link {
        let link = try Link(client: client, server: server)
        try link.pump()
        return link
    }

    @Test func `agents of both are let in, and trust managers of both`() throws {
        for shown in [oldServer, newServer] {
            let server = try server(shown)
            for issuer in [old, new] {
                let link = try connect(agent(of: issuer, trusting: old, new), server)
                #expect(link.server.recorder.completion?.peer?.commonName == "007")
                #expect(try link.client.recorder.completion?.peer?.fingerprint == shown.certificate.fingerprint())
            }
        }
    }

    @Test func `an agent that trusts one accepts only a manager of that one`() throws {
        #expect(try connect(agent(of: new, trusting: old), server(oldServer)).server.recorder.completion != nil)
        #expect(try connect(agent(of: new, trusting: old), server(newServer)).client.recorder.completion == nil)
    }

    @Test func `a host that enrolls is shown what its token names, an agent what it trusts`() throws {
        let server = try server(newServer, enrollment: oldServer)
        let enrollment = try connect(
            .enrollment(authorityFingerprint: old.certificate.fingerprint()), server)
        #expect(try enrollment.client.recorder.completion?.peer?.fingerprint == oldServer.certificate.fingerprint())
        #expect(enrollment.server.recorder.completion?.applicationProtocol == .enrollment)
        #expect(try connect(agent(of: old, trusting: new), server).server.recorder.completion != nil)
        let other = try connect(.enrollment(authorityFingerprint: new.certificate.fingerprint()), server)
        #expect(other.client.recorder.completion == nil)
    }

    @Test func `sessions outlive the exchange of the manager's certificate, unless they shall not`() throws {
        let agent = try agent(of: old, trusting: old, new)
        let first = try server(oldServer)
        _ = try connect(agent, first)
        let second = try server(newServer, replacing: first)
        let resumed = try connect(agent, second)
        #expect(resumed.server.recorder.completion?.isResumed == true)
        #expect(resumed.server.recorder.completion?.peer?.commonName == "007")
        let alone = try TLSContext.server(
            authority: new.certificate, certificate: newServer.certificate, key: newServer.key)
        let refused = try connect(agent, alone)
        #expect(refused.server.recorder.completion == nil)
    }

    @Test func `what takes the place of an authority begins when that did, for clocks that are behind`() throws {
        #expect(new.certificate.beginsAt == old.certificate.beginsAt)
        #expect(new.certificate.expiresAt > old.certificate.expiresAt)
        #expect(oldServer.certificate.beginsAt == old.certificate.beginsAt)
        #expect(oldServer.certificate.expiresAt <= CertificateAuthority.currentTime + 7200)
    }

    @Test func `a certificate knows who signed it`() throws {
        #expect(oldServer.certificate.isSigned(by: old.certificate))
        #expect(!oldServer.certificate.isSigned(by: new.certificate))
    }

    @Test func `the next one is there with its certificate, and a change that was interrupted is finished`() throws {
        let folder = NSTemporaryDirectory() + "edr-ca-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try old.write(to: folder)
        func present() throws -> Fingerprint { try CertificateAuthority(directory: folder).certificate.fingerprint() }
        let (first, second) = (try old.certificate.fingerprint(), try new.certificate.fingerprint())

        try new.writeNextKey(to: folder)
        #expect(try CertificateAuthority.loadNext(directory: folder) == nil)
        #expect(!FileManager.default.fileExists(atPath: folder + "/ca-next-key.pem"))
        try new.writeNextKey(to: folder)
        try new.writeNext(to: folder)
        #expect(try CertificateAuthority.loadNext(directory: folder)?.certificate.fingerprint() == second)
        #expect(try present() == first)
        // One step, and a crash.
        try FileManager.default.removeItem(atPath: folder + "/ca-key.pem")
        try FileManager.default.moveItem(atPath: folder + "/ca-next-key.pem", toPath: folder + "/ca-key.pem")
        #expect(try CertificateAuthority.loadNext(directory: folder) == nil)
        #expect(try present() == second)
        // A next one whose key is lost is no reason to forget it.
        try old.writeNext(to: folder)
        #expect(throws: TLSError.self) { try CertificateAuthority.loadNext(directory: folder) }
    }
}
