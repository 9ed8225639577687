import NIOCore
import NIOPosix
import TLS

/// Passes what arrives at the end of a pipeline on to a test that awaits it.
final class EventSource: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<Event>.Continuation

    init(_ continuation: AsyncStream<Event>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(.bytes(unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted {
            continuation.yield(.completed(completed))
        } else if case ChannelEvent.inputClosed = event {
            continuation.yield(.inputClosed)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.yield((error as? TLSError).map { .error($0) } ?? .otherError("\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.yield(.inactive)
        continuation.finish()
    }
}

/// Sends back what it gets.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    /// With more written than the peer takes, nothing more is read until it does.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        try? context.channel.syncOptions?.setOption(.autoRead, value: isWritable)
        context.fireChannelWritabilityChanged()
    }
}

/// Gets all, then sends it back in one go and closes.
final class AnswerAtEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var received = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(received)).whenComplete { _ in
            context.value.close(promise: nil)
        }
    }
}

/// How long a handshake may take here: many at once on a busy machine are slow.
private let patience = TimeAmount.seconds(60)

/// One end of a connection over a real socket.
struct SocketEnd {
    let channel: any Channel
    let events: AsyncStream<Event>

    static func connect(_ context: TLSContext, to address: SocketAddress) async throws -> SocketEnd {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context: context, handshakeTimeout: patience), EventSource(continuation))
                }
            }
            .connect(to: address).get()
        return SocketEnd(channel: channel, events: events)
    }

    /// Connects without TLS.
    static func connectPlain(to address: SocketAddress) async throws -> SocketEnd {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EventSource(continuation))
                }
            }
            .connect(to: address).get()
        return SocketEnd(channel: channel, events: events)
    }

    /// Awaits `count` bytes and returns them.
    func bytes(_ count: Int) async -> ByteBuffer {
        var all = ByteBuffer()
        for await event in events {
            guard case .bytes(let bytes) = event else { continue }
            all.writeImmutableBuffer(bytes)
            if all.readableBytes >= count { break }
        }
        return all
    }

    /// Awaits the end of the connection and returns everything that arrived until then.
    func all() async -> [Event] {
        await events.reduce(into: []) { $0.append($1) }
    }
}

/// A server on a free port of 127.0.0.1.
struct SocketServer {
    let channel: any Channel
    let address: SocketAddress

    static func start(
        _ context: TLSContext, allowsHalfClosure: Bool = false,
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler
    ) async throws -> SocketServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.allowRemoteHalfClosure, value: allowsHalfClosure)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context: context, handshakeTimeout: patience), handler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return SocketServer(channel: channel, address: address)
    }
}
