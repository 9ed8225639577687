import NIOCore
import NIOEmbedded
import Testing
import Wire

@testable import AgentProtocol

@Suite struct Framing {
    private func stream(_ messages: [Message]) throws -> ByteBuffer {
        var stream = ByteBuffer()
        for message in messages {
            stream.writeImmutableBuffer(try FrameEncoder.encode(message, maximumLength: FrameLimit.agent))
        }
        return stream
    }

    private func decoder(_ maximumLength: Int = FrameLimit.agent) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: FrameDecoder(maximumLength: maximumLength))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func received(_ channel: EmbeddedChannel) throws -> [Message] {
        var messages: [Message] = []
        while let message = try channel.readInbound(as: Message.self) { messages.append(message) }
        return messages
    }

    @Test func `a frame is its length, its type and its body`() throws {
        let frame = try FrameEncoder.encode(.ping(nonce: 5), maximumLength: 100)
        #expect(frame == ByteBuffer(bytes: [0, 0, 0, 3, 8, 0x08, 5]))
        #expect(try FrameEncoder.encode(.pong(nonce: 0), maximumLength: 100) == ByteBuffer(bytes: [0, 0, 0, 1, 9]))
    }

    @Test func `messages arrive in order, however the stream is cut`() throws {
        var generator = SystemRandomNumberGenerator()
        let whole = try stream(Samples.messages)
        for largest in [1, 2, 7, 5_000, Int.max] {
            let channel = try decoder()
            var rest = whole
            while rest.readableBytes > 0 {
                let count = min(rest.readableBytes, Int.random(in: 1...largest, using: &generator))
                try channel.writeInbound(rest.readSlice(length: count) ?? ByteBuffer())
            }
            #expect(try received(channel) == Samples.messages)
            #expect(channel.isActive)
            _ = try channel.finish()
        }
    }

    @Test func `unknown types are skipped and what follows arrives`() throws {
        let channel = try decoder()
        var bytes = ByteBuffer(bytes: [0, 0, 0, 3, 200, 1, 2, 0, 0, 0, 1, 0])
        bytes.writeImmutableBuffer(try stream([.ping(nonce: 1)]))
        try channel.writeInbound(bytes)
        #expect(try received(channel) == [.ping(nonce: 1)])
    }

    @Test func `the longest frame passes, a longer one is refused by its length alone`() throws {
        let longest = Message.report(payload: [UInt8](repeating: 1, count: FrameLimit.enrollment - 1))
        let channel = try decoder(FrameLimit.enrollment)
        try channel.writeInbound(try stream([longest]))
        #expect(try received(channel) == [longest])
        #expect(
            throws: AgentProtocolError.frameTooLarge(
                length: FrameLimit.enrollment + 1, maximum: FrameLimit.enrollment)
        ) {
            try channel.writeInbound(ByteBuffer(bytes: [0, 0, 0x40, 1]))
        }
        #expect(!channel.isActive)
    }

    @Test(arguments: [
        ([0, 0, 0, 0], AgentProtocolError.emptyFrame),
        ([0xFF, 0xFF, 0xFF, 0xFF], .frameTooLarge(length: 0xFFFF_FFFF, maximum: FrameLimit.agent)),
        ([0, 0, 0, 2, 8, 0xFF], .malformedMessage(kind: "ping", .truncated)),
        ([0, 0, 0, 1, 21], .malformedMessage(kind: "turned_away", .missing(field: 1))),
        ([0, 0, 0, 3, 21, 0x0A, 0], .invalidField(kind: "turned_away", field: "dispatchID")),
    ])
    func `a bad frame closes the connection and what follows is not looked at`(
        bytes: [UInt8], error: AgentProtocolError
    ) throws {
        let channel = try decoder()
        var all = try stream([.ping(nonce: 1)])
        all.writeBytes(bytes)
        all.writeImmutableBuffer(try stream([.ping(nonce: 2)]))
        #expect(throws: error) { try channel.writeInbound(all) }
        #expect(try received(channel) == [.ping(nonce: 1)])
        #expect(!channel.isActive)
        _ = try? channel.writeInbound(stream([.ping(nonce: 3)]))
        #expect(try received(channel) == [])
    }

    @Test func `a receiver that closes gets no further message`() throws {
        let channel = try decoder()
        let closer = ClosingReceiver()
        try channel.pipeline.syncOperations.addHandler(closer)
        try channel.writeInbound(try stream([.ping(nonce: 1), .ping(nonce: 2), .ping(nonce: 3)]))
        #expect(closer.received == [.ping(nonce: 1)])
    }

    @Test func `a frame that only announces its length takes no memory`() throws {
        var parser = FrameParser(maximumLength: FrameLimit.agent)
        parser.append(ByteBuffer(bytes: [0, 0x10, 0, 0, 3]))
        #expect(try parser.next() == nil)
        #expect(parser.capacity < 1000)
    }

    @Test func `a large frame in small pieces is not copied again and again`() throws {
        // 1 MiB in pieces of 16 bytes: copying the whole at each piece would move 32 GiB and take minutes.
        let message = Message.report(payload: [UInt8](repeating: 3, count: 1024 * 1024))
        var rest = try stream([message])
        var parser = FrameParser(maximumLength: FrameLimit.agent)
        var frames: [FrameParser.Frame] = []
        while rest.readableBytes > 0 {
            parser.append(rest.readSlice(length: min(16, rest.readableBytes)) ?? ByteBuffer())
            while let frame = try parser.next() { frames.append(frame) }
        }
        #expect(frames == [FrameParser.Frame(type: MessageType.report.rawValue, body: message.encodedBody())])
        #expect(parser.capacity == 0)
    }

    @Test func `the encoder writes frames`() throws {
        let channel = EmbeddedChannel(handler: FrameEncoder(maximumLength: FrameLimit.agent))
        try channel.writeOutbound(Message.ping(nonce: 5))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [0, 0, 0, 3, 8, 0x08, 5]))
    }

    @Test func `a message that is too long fails its write and nothing else`() throws {
        let channel = EmbeddedChannel(handler: FrameEncoder(maximumLength: 3))
        #expect(throws: AgentProtocolError.frameTooLarge(length: 4, maximum: 3)) {
            try channel.writeOutbound(Message.ping(nonce: 300))
        }
        try channel.writeOutbound(Message.ping(nonce: 5))
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 7)
    }

    @Test func `an order with the largest alert fits between manager and agent`() throws {
        let order = Message.order(payload: [UInt8](repeating: 0x20, count: 1024 * 1024 + 32 * 1024))
        #expect(throws: Never.self) { try FrameEncoder.encode(order, maximumLength: FrameLimit.agent) }
    }
}

private final class ClosingReceiver: ChannelInboundHandler {
    typealias InboundIn = Message
    private(set) var received: [Message] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(unwrapInboundIn(data))
        context.close(promise: nil)
    }
}
