import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct `TLS closing` {
    private let credentials: Credentials
    private let link: Link

    init() throws {
        credentials = try Credentials()
        link = try Link(
            client: credentials.agentContext(), server: credentials.serverContext(), handshakeTimeout: .seconds(5))
    }

    @Test func `a closed connection ends without an error at the other side`() throws {
        try link.pump()
        link.client.send("last")
        link.client.channel.close(promise: nil)
        #expect(!link.client.channel.isActive)
        try link.pump()
        #expect(link.server.recorder.events.suffix(2) == [.bytes(ByteBuffer(string: "last")), .inactive])
        #expect(link.client.recorder.events.last == .inactive)
    }

    @Test func `an end without close_notify is a truncation`() throws {
        try link.pump()
        link.server.channel.pipeline.fireChannelInactive()
        #expect(link.server.recorder.events.suffix(2) == [.error(.truncated), .inactive])
    }

    @Test func `an end in the middle of the handshake is told`() throws {
        let hello = try #require(try link.client.takeOutput())
        try link.server.channel.writeInbound(hello)
        link.server.channel.pipeline.fireChannelInactive()
        #expect(link.server.recorder.events == [.error(.closedDuringHandshake), .inactive])
    }

    @Test func `a handshake that takes too long is ended`() throws {
        let loop = link.server.channel.embeddedEventLoop
        loop.advanceTime(by: .milliseconds(4999))
        #expect(link.server.channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(link.server.recorder.events == [.error(.handshakeTimeout), .inactive])
    }

    @Test func `bytes that trickle in do not put the end of the handshake off`() throws {
        let hello = try #require(try link.client.takeOutput())
        for byte in hello.readableBytesView.prefix(5) {
            try link.server.channel.writeInbound(ByteBuffer(bytes: [byte]))
            link.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        }
        #expect(link.server.channel.isActive)
        link.server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(5))
        #expect(link.server.recorder.error == .handshakeTimeout)
    }

    @Test func `after the handshake no time limit is left`() throws {
        try link.pump()
        for end in [link.client, link.server] {
            end.channel.embeddedEventLoop.advanceTime(by: .hours(24))
            #expect(end.channel.isActive && end.recorder.error == nil)
        }
    }

    @Test func `writes that were not sent fail`() throws {
        let early = link.client.channel.writeAndFlush(ByteBuffer(string: "early"))
        link.client.channel.close(promise: nil)
        #expect(throws: TLSError.closed) { try early.wait() }
        #expect(throws: TLSError.closed) { try link.client.channel.writeAndFlush(ByteBuffer(string: "late")).wait() }
    }

    @Test func `writes that wait for a handshake that fails get its error`() throws {
        let early = link.client.channel.writeAndFlush(ByteBuffer(string: "early"))
        link.client.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(throws: TLSError.handshakeTimeout) { try early.wait() }
    }

    @Test func `unflushed writes are dropped at the close, as in any channel`() throws {
        try link.pump()
        let promise = link.client.channel.eventLoop.makePromise(of: Void.self)
        link.client.channel.write(ByteBuffer(string: "unflushed"), promise: promise)
        link.client.channel.close(promise: nil)
        #expect(throws: TLSError.closed) { try promise.futureResult.wait() }
        try link.pump()
        #expect(link.server.recorder.received.readableBytes == 0)
    }

    @Test func `a receiver that closes in the middle of a burst gets nothing more`() throws {
        try link.pump()
        link.client.send(ByteBuffer(repeating: 1, count: 500_000))
        link.server.recorder.onEvent = { event, context in
            if case .bytes = event { context.close(promise: nil) }
        }
        let burst = try #require(try link.client.takeOutput())
        try link.server.channel.writeInbound(burst)
        #expect(link.server.recorder.events.last == .inactive)
        #expect((1..<200_000).contains(link.server.recorder.received.readableBytes))
        #expect(link.server.recorder.error == nil)
    }

    @Test func `a receiver that closes at the end of the handshake gets nothing more`() throws {
        link.server.recorder.onEvent = { event, context in
            if case .completed = event { context.close(promise: nil) }
        }
        link.client.send("early")
        try link.pump()
        #expect(link.server.recorder.events.count == 2 && link.server.recorder.events.last == .inactive)
        #expect(link.client.recorder.events.last == .inactive)
        #expect(link.client.recorder.error == nil)
    }

    @Test func `with half closure allowed the peer's end is told and answers still get through`() throws {
        try link.server.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try link.pump()
        link.client.send("question")
        link.client.channel.close(promise: nil)
        let bytes = try #require(try link.client.takeOutput())
        try link.server.channel.writeInbound(bytes)
        #expect(link.server.recorder.events.suffix(2) == [.bytes(ByteBuffer(string: "question")), .inputClosed])
        #expect(link.server.channel.isActive)
        try link.server.channel.writeAndFlush(ByteBuffer(string: "answer")).wait()
        // The end of the TCP stream, which comes after close_notify, is not told twice.
        link.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(link.server.recorder.events.filter { $0 == .inputClosed }.count == 1)
        link.server.channel.pipeline.fireChannelInactive()
        #expect(link.server.recorder.error == nil)
    }

    @Test func `with half closure allowed an end without close_notify is a truncation`() throws {
        try link.server.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try link.pump()
        link.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(link.server.recorder.error == .truncated)
        #expect(!link.server.channel.isActive)
    }

    @Test func `connections and contexts are freed`() throws {
        weak var agent: TLSContext?
        weak var server: TLSContext?
        do {
            // Each connection keeps its context alive, so a context that is gone had all its connections freed.
            let agentContext = try credentials.agentContext()
            let serverContext = try credentials.serverContext()
            (agent, server) = (agentContext, serverContext)
            for round in 0..<3 {
                let link = try Link(client: agentContext, server: serverContext)
                if round > 0 { try link.pump() }
                if round > 1 { link.client.channel.close(promise: nil) }
                try link.pump()
            }
            #expect(agent != nil && server != nil)
        }
        #expect(agent == nil && server == nil)
    }
}
