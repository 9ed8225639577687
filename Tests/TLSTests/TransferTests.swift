import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite struct `TLS transfer` {
    private let link: Link

    init() throws {
        let credentials = try Credentials()
        link = try Link(client: credentials.agentContext(), server: credentials.serverContext())
    }

    @Test func `ten megabytes both ways arrive whole, however they are cut`() throws {
        try link.pump()
        var generator = SystemRandomNumberGenerator()
        var sent = ByteBuffer()
        while sent.readableBytes < 10_000_000 { sent.writeInteger(generator.next()) }
        for end in [link.client, link.server] {
            var rest = sent
            while rest.readableBytes > 0 {
                let count = min(rest.readableBytes, Int.random(in: 1...100_000, using: &generator))
                let piece = rest.readSlice(length: count)
                end.channel.write(try #require(piece), promise: nil)
                if Bool.random(using: &generator) { end.channel.flush() }
            }
            end.channel.flush()
        }
        try link.pump { Int.random(in: 1...70_000) }
        #expect(link.client.recorder.received == sent)
        #expect(link.server.recorder.received == sent)
        #expect(link.client.recorder.error == nil && link.server.recorder.error == nil)
    }

    @Test func `small writes of one flush share a record`() throws {
        try link.pump()
        for _ in 0..<32 { link.client.channel.write(ByteBuffer(repeating: 7, count: 100), promise: nil) }
        link.client.channel.flush()
        let bytes = try #require(try link.client.takeOutput())
        // RFC 8446, section 5.2: 5 bytes header, 1 byte content type, 16 bytes tag.
        #expect(bytes.readableBytes == 3200 + 22)
        try link.server.channel.writeInbound(bytes)
        #expect(link.server.recorder.received == ByteBuffer(repeating: 7, count: 3200))
    }

    @Test func `large writes fill their records`() throws {
        try link.pump()
        link.client.send(ByteBuffer(repeating: 7, count: 40_000))
        #expect(try link.client.takeOutput()?.readableBytes == 40_000 + 3 * 22)
    }

    @Test func `every write's promise is kept when its bytes have left, an empty one's too`() throws {
        try link.pump()
        var kept: [Int] = []
        for (index, size) in [10, 0, 50_000, 20, 0].enumerated() {
            let promise = link.client.channel.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { kept.append(index) }
            link.client.channel.write(ByteBuffer(repeating: 1, count: size), promise: promise)
        }
        #expect(kept.isEmpty)
        link.client.channel.flush()
        #expect(kept.sorted() == [0, 1, 2, 3, 4])
    }

    @Test func `what is written before the handshake is done arrives after it, in order`() throws {
        var kept: [Int] = []
        for index in 0..<3 {
            let promise = link.client.channel.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { kept.append(index) }
            link.client.channel.writeAndFlush(ByteBuffer(string: "\(index)"), promise: promise)
        }
        link.client.channel.write(ByteBuffer(string: "unflushed"), promise: nil)
        #expect(kept.isEmpty)
        try link.pump()
        #expect(kept == [0, 1, 2])
        #expect(link.server.recorder.received == ByteBuffer(string: "012"))
        link.client.channel.flush()
        try link.pump()
        #expect(link.server.recorder.received == ByteBuffer(string: "012unflushed"))
    }

    @Test func `too much before the handshake is done is refused`() throws {
        let half = ByteBuffer(repeating: 0, count: TLSHandler.earlyWriteLimit / 2)
        link.client.send(half)
        link.client.send(half)
        #expect(throws: TLSError.writeBufferFull(limit: TLSHandler.earlyWriteLimit)) {
            try link.client.channel.writeAndFlush(ByteBuffer(string: "x")).wait()
        }
        try link.pump()
        #expect(link.server.recorder.received.readableBytes == TLSHandler.earlyWriteLimit)
    }

    @Test func `a writer that never flushes still reaches the channel, whose writability can stop it`() throws {
        let counter = OutboundCounter()
        try link.client.channel.pipeline.syncOperations.addHandler(counter, position: .first)
        try link.pump()
        let before = counter.byteCount
        for _ in 0..<100 { link.client.channel.write(ByteBuffer(repeating: 0, count: 1000), promise: nil) }
        #expect(counter.byteCount - before >= PendingBytes.largest)
    }

    @Test func `a writer that is woken by its own write keeps the order`() throws {
        try link.pump()
        let writer = WritabilityWriter()
        try link.client.channel.pipeline.syncOperations.addHandler(writer)
        let interrupter = WritabilityInterrupter()
        try link.client.channel.pipeline.syncOperations.addHandler(interrupter, position: .first)
        link.client.send("first,")
        try link.pump()
        #expect(link.server.recorder.received == ByteBuffer(string: "first,second"))
    }
}

/// How much may wait unencrypted in an open connection.
private enum PendingBytes {
    static let largest = 64 * 1024
}

/// Counts the bytes that the handler passes on.
private final class OutboundCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var byteCount = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        byteCount += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }
}

/// Tells the pipeline in the middle of a write that the writability changed, as a socket channel does.
private final class WritabilityInterrupter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        context.fireChannelWritabilityChanged()
    }
}

/// Writes once more when the writability changes.
private final class WritabilityWriter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var isDone = false

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "second")), promise: nil)
    }
}
