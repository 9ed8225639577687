import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

/// A peer may ask for new keys at any time (RFC 8446, 4.6.3), and has to be answered.
@Suite struct `Requests for new keys` {
    /// A client that has shaken hands with the server.
    private func connect() throws -> (client: TLSConnection, server: Link.End) {
        let credentials = try Credentials()
        let client = try TLSConnection(context: try credentials.agentContext())
        let server = try Link.End(try credentials.serverContext())
        try server.activate()
        for _ in 0..<4 {
            _ = try client.handshake()
            let sent = client.takeOutput(allocator: ByteBufferAllocator())
            if let sent { try server.channel.writeInbound(sent) }
            if let bytes = try server.takeOutput() { try client.receive(bytes) }
        }
        #expect(try client.handshake())
        return (client, server)
    }

    /// Has the client ask for new keys; how many bytes the answer has.
    private func ask(_ client: TLSConnection, _ server: Link.End) throws -> Int {
        #expect(SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
        #expect(SSL_do_handshake(client.ssl) == 1)
        let request = try #require(client.takeOutput(allocator: ByteBufferAllocator()))
        try server.channel.writeInbound(request)
        return try server.takeOutput()?.readableBytes ?? 0
    }

    @Test func `a peer that reads the answers may ask as often as it likes`() throws {
        let (client, server) = try connect()
        var sent = 0
        for _ in 0..<5000 { sent += try ask(client, server) }
        #expect(sent > TLSHandler.unreadLimit)
        #expect(server.channel.isActive)
    }

    @Test func `one that does not read is let go before the answers fill the memory`() throws {
        let (client, server) = try connect()
        server.channel.isWritable = false
        var sent = 0
        while server.channel.isActive, sent < 1 << 20 { sent += try ask(client, server) }
        #expect(!server.channel.isActive)
        #expect(sent > TLSHandler.unreadLimit && sent < TLSHandler.unreadLimit + 1000)
        #expect(server.recorder.error == .unread(limit: TLSHandler.unreadLimit))
    }
}
