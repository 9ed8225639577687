import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct `TLS handshake` {
    private let credentials: Credentials

    init() throws {
        credentials = try Credentials()
    }

    @Test func `agent and manager know each other afterwards`() throws {
        let link = try Link(client: credentials.agentContext(), server: credentials.serverContext())
        try link.pump()
        let server = try #require(link.server.recorder.completion)
        #expect(server.applicationProtocol == .agent)
        #expect(server.peer?.commonName == Credentials.agentID)
        #expect(server.peer?.serial == credentials.agentCertificate.serial)
        #expect(try server.peer?.fingerprint == credentials.agentCertificate.fingerprint())
        #expect(!server.isResumed)
        let client = try #require(link.client.recorder.completion)
        #expect(client.applicationProtocol == .agent)
        #expect(client.peer?.commonName == CertificateAuthority.serverName)
        #expect(try client.peer?.fingerprint == credentials.serverCertificate.fingerprint())
        #expect(link.client.recorder.error == nil && link.server.recorder.error == nil)
    }

    @Test func `byte by byte it works as well`() throws {
        let link = try Link(client: credentials.agentContext(), server: credentials.serverContext())
        try link.pump { 1 }
        #expect(link.server.recorder.completion != nil && link.client.recorder.completion != nil)
    }

    @Test func `a handler that is added to an active channel starts at once`() throws {
        let end = EmbeddedChannel()
        try end.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try end.pipeline.syncOperations.addHandler(TLSHandler(context: credentials.agentContext()))
        let hello = try #require(try end.readOutbound(as: ByteBuffer.self))
        #expect(hello.getInteger(at: 0, as: UInt8.self) == 22)
        _ = try? end.finish(acceptAlreadyClosed: true)
    }

    @Test func `without a certificate nobody is an agent`() throws {
        let client = try TLSContext(side: .client)
        try client.trust(credentials.authority.certificate)
        try client.connect(as: .agent)
        let link = try Link(client: client, server: credentials.serverContext())
        try link.pump()
        #expect(link.server.recorder.completion == nil)
        #expect(link.server.recorder.error?.description.contains("peer did not return a certificate") == true)
        #expect(isAlert(link.client.recorder.error, "certificate required"))
        #expect(!link.server.channel.isActive && !link.client.channel.isActive)
    }

    @Test func `the control API knows its client by nothing, and its client the manager`() throws {
        let server = try TLSContext.controlServer(
            certificate: credentials.serverCertificate, key: credentials.serverKey)
        // While the authority changes, the client trusts both.
        let authorities = [try Credentials().authority.certificate, credentials.authority.certificate]
        let link = try Link(client: .controlClient(authorities: authorities), server: server)
        try link.pump()
        #expect(link.server.recorder.completion?.applicationProtocol == .http)
        #expect(link.server.recorder.completion?.peer == nil)
        #expect(link.client.recorder.completion?.peer?.commonName == CertificateAuthority.serverName)

        // Whoever offers no protocol speaks HTTP/1.1 as well; an agent is at the wrong door.
        let plain = try TLSContext(side: .client)
        try plain.trust(credentials.authority.certificate)
        let second = try Link(client: plain, server: server)
        try second.pump()
        #expect(second.server.recorder.completion?.applicationProtocol == .http)
        let agent = try Link(client: credentials.agentContext(), server: server)
        try agent.pump()
        #expect(agent.server.recorder.completion == nil && agent.server.recorder.error != nil)
    }

    @Test func `a client of the API is refused at the agents' door, and refuses other authorities and agents`() throws {
        let client = try TLSContext.controlClient(authorities: [credentials.authority.certificate])
        let wrong = try Link(client: client, server: credentials.serverContext())
        try wrong.pump()
        #expect(wrong.server.recorder.completion == nil && wrong.client.recorder.completion == nil)
        let other = try Credentials()
        let foreign = try Link(
            client: client, server: .controlServer(certificate: other.serverCertificate, key: other.serverKey))
        try foreign.pump()
        #expect(foreign.client.recorder.completion == nil && isRejection(foreign.client.recorder.error))
        // An agent's own certificate does not make it the manager.
        let agent = try Link(
            client: client,
            server: .controlServer(certificate: credentials.agentCertificate, key: credentials.agentKey))
        try agent.pump()
        #expect(agent.client.recorder.completion == nil && isRejection(agent.client.recorder.error))
    }

    @Test func `an agent of another authority is refused`() throws {
        let other = try Credentials()
        let client = try TLSContext.agent(
            authority: credentials.authority.certificate, certificate: other.agentCertificate, key: other.agentKey)
        let link = try Link(client: client, server: credentials.serverContext())
        try link.pump()
        #expect(link.server.recorder.completion == nil)
        #expect(isRejection(link.server.recorder.error))
        #expect(isAlert(link.client.recorder.error))
    }

    @Test func `a manager of another authority is refused`() throws {
        let link = try Link(client: credentials.agentContext(), server: Credentials().serverContext())
        try link.pump()
        #expect(link.client.recorder.completion == nil && link.server.recorder.completion == nil)
        #expect(isRejection(link.client.recorder.error))
    }

    @Test func `a manager's certificate is no agent's`() throws {
        let client = try TLSContext.agent(
            authority: credentials.authority.certificate, certificate: credentials.serverCertificate,
            key: credentials.serverKey)
        let link = try Link(client: client, server: credentials.serverContext())
        try link.pump()
        #expect(link.server.recorder.completion == nil)
        #expect(isRejection(link.server.recorder.error, "certificate purpose"))
    }

    @Test func `an agent cannot pose as the manager, whatever its id`() throws {
        for id in [Credentials.agentID, CertificateAuthority.serverName] {
            let key = try PrivateKey()
            let certificate = try credentials.authority.issueAgentCertificate(
                for: CertificateRequest(for: key), agentID: id)
            let server = try TLSContext.server(
                authority: credentials.authority.certificate, certificate: certificate, key: key)
            let link = try Link(client: credentials.agentContext(), server: server)
            try link.pump()
            #expect(link.client.recorder.completion == nil)
            #expect(isRejection(link.client.recorder.error))
        }
    }

    @Test func `a manager without the name that agents ask for is refused`() throws {
        let now = CertificateAuthority.currentTime
        let authorityKey = try PrivateKey()
        let authority = try CertificateProfile.authority.certificate(
            subject: "edr-manager CA", publicKey: authorityKey.pointer, validity: now...now + 60, issuer: nil,
            signedBy: authorityKey)
        let key = try PrivateKey()
        let certificate = try CertificateProfile.server(names: ["other.example"], addresses: ["127.0.0.1"]).certificate(
            subject: CertificateAuthority.serverName, publicKey: key.pointer, validity: now...now + 60,
            issuer: authority, signedBy: authorityKey)
        let server = try TLSContext.server(authority: authority, certificate: certificate, key: key)
        let client = try TLSContext.enrollment(authorityFingerprint: authority.fingerprint())
        let link = try Link(client: client, server: server)
        try link.pump()
        #expect(isRejection(link.client.recorder.error, "hostname mismatch"))
    }

    @Test func `certificates that have ended are refused`() throws {
        let longAgo = CertificateAuthority.currentTime - 20 * 365 * 24 * 3600
        let expired = try Credentials(now: longAgo)
        let link = try Link(client: expired.agentContext(), server: expired.serverContext())
        try link.pump()
        #expect(isRejection(link.client.recorder.error, "expired"))
    }

    @Test func `certificates that have not begun are refused, a slow clock is not`() throws {
        let now = CertificateAuthority.currentTime
        let early = try Credentials(now: now + 3600)
        let refused = try Link(client: early.agentContext(), server: early.serverContext())
        try refused.pump()
        #expect(isRejection(refused.client.recorder.error, "not yet valid"))
        let slightlyEarly = try Credentials(now: now + 200)
        let accepted = try Link(client: slightlyEarly.agentContext(), server: slightlyEarly.serverContext())
        try accepted.pump()
        #expect(accepted.server.recorder.completion != nil)
    }

    @Test func `a key that is not the certificate's is an error before any connection`() throws {
        #expect(throws: TLSError.self) {
            try TLSContext.agent(
                authority: credentials.authority.certificate, certificate: credentials.agentCertificate,
                key: PrivateKey())
        }
    }

    // MARK: Enrollment

    @Test func `enrollment needs no certificate and gives the manager no name`() throws {
        let link = try Link(client: credentials.enrollmentContext(), server: credentials.serverContext())
        try link.pump()
        let server = try #require(link.server.recorder.completion)
        #expect(server.applicationProtocol == .enrollment && server.peer == nil)
        let client = try #require(link.client.recorder.completion)
        #expect(client.applicationProtocol == .enrollment)
        #expect(client.peer?.commonName == CertificateAuthority.serverName)
        link.client.send("token")
        try link.pump()
        #expect(link.server.recorder.received == ByteBuffer(string: "token"))
    }

    @Test func `enrollment at a manager of another authority fails`() throws {
        let link = try Link(client: credentials.enrollmentContext(), server: Credentials().serverContext())
        try link.pump()
        #expect(link.client.recorder.completion == nil)
        #expect(
            link.client.recorder.error
                == .certificateRejected(
                    reason: "no certificate authority with the token's fingerprint vouches for it"))
    }

    @Test func `the right authority in the chain does not vouch for a stranger's certificate`() throws {
        // The stranger shows a certificate of his own authority and the real authority's one beside it.
        let stranger = try Credentials()
        let server = try TLSContext.server(
            authority: credentials.authority.certificate, certificate: stranger.serverCertificate,
            key: stranger.serverKey)
        let link = try Link(client: credentials.enrollmentContext(), server: server)
        try link.pump()
        #expect(link.client.recorder.completion == nil)
        #expect(isRejection(link.client.recorder.error))
    }

    @Test func `an enrolled agent cannot pose as the manager for those that enroll`() throws {
        let server = try TLSContext.server(
            authority: credentials.authority.certificate, certificate: credentials.agentCertificate,
            key: credentials.agentKey)
        let link = try Link(client: credentials.enrollmentContext(), server: server)
        try link.pump()
        #expect(link.client.recorder.completion == nil)
        #expect(isRejection(link.client.recorder.error))
    }

    /// Texts are OpenSSL's own and differ between its versions; only their gist is asked for.
    private func isRejection(_ error: TLSError?, _ gist: String = "") -> Bool {
        if case .certificateRejected(let reason) = error { gist.isEmpty || reason.contains(gist) } else { false }
    }

    private func isAlert(_ error: TLSError?, _ gist: String = "alert") -> Bool {
        if case .connectionFailed(let reason) = error { reason.contains(gist) } else { false }
    }
}
