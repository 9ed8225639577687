import COpenSSL
import NIOCore
import Testing

@testable import TLS

@Suite struct `TLS session resumption` {
    private let credentials: Credentials
    private let agent: TLSContext
    private let server: TLSContext

    init() throws {
        credentials = try Credentials()
        agent = try credentials.agentContext()
        server = try credentials.serverContext()
    }

    /// Connects and carries on until the ticket has arrived.
    private func connect(_ agent: TLSContext, _ server: TLSContext) throws -> Link {
        let link = try Link(client: agent, server: server)
        try link.pump()
        return link
    }

    @Test func `every connection after the first is resumed, and the agent is still known`() throws {
        _ = try connect(agent, server)
        for _ in 0..<5 {
            let link = try connect(agent, server)
            let atServer = try #require(link.server.recorder.completion)
            #expect(atServer.isResumed)
            #expect(atServer.peer?.commonName == Credentials.agentID)
            #expect(atServer.peer?.serial == credentials.agentCertificate.serial)
            let atAgent = try #require(link.client.recorder.completion)
            #expect(atAgent.isResumed)
            #expect(atAgent.peer?.commonName == CertificateAuthority.serverName)
            link.client.send("hello")
            try link.pump()
            #expect(link.server.recorder.received == ByteBuffer(string: "hello"))
        }
    }

    @Test func `a ticket tells who the agent is without its certificate`() throws {
        _ = try connect(agent, server)
        let session = try #require(agent.session.take())
        var ticket: UnsafePointer<UInt8>?
        var count = 0
        SSL_SESSION_get0_ticket(session.pointer, &ticket, &count)
        #expect(count > 0)
        #expect(count < 400)
        agent.session.store(session)
        let link = try connect(agent, server)
        let full = TLSHandshakeCompleted.Peer(
            commonName: Credentials.agentID, serial: credentials.agentCertificate.serial,
            fingerprint: try credentials.agentCertificate.fingerprint(),
            expiresAt: credentials.agentCertificate.expiresAt)
        #expect(link.server.recorder.completion?.peer == full)
    }

    @Test func `a restarted manager makes a full handshake`() throws {
        _ = try connect(agent, server)
        let link = try connect(agent, credentials.serverContext())
        #expect(link.server.recorder.completion?.isResumed == false)
        #expect(link.client.recorder.completion?.isResumed == false)
    }

    @Test func `a session is used for one connection only`() throws {
        _ = try connect(agent, server)
        _ = try Link(client: agent, server: server)
        let link = try connect(agent, server)
        #expect(link.server.recorder.completion?.isResumed == false)
    }

    @Test func `an enrollment gives no session that an agent could resume`() throws {
        try agent.connect(as: .enrollment)
        let enrollment = try connect(agent, server)
        #expect(enrollment.server.recorder.completion?.peer == nil)
        #expect(agent.session.take() == nil)
    }

    @Test func `an agent of another authority does not get in with a session either`() throws {
        let stranger = try Credentials()
        let strangeServer = try stranger.serverContext()
        let strangeAgent = try stranger.agentContext()
        _ = try connect(strangeAgent, strangeServer)
        let session = try #require(strangeAgent.session.take())
        agent.session.store(session)
        let link = try connect(agent, server)
        #expect(link.server.recorder.completion?.isResumed == false)
    }
}
