import ActiveResponse
import AgentProtocol
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TLS
import TestSupport

/// A server that does to the agents that connect what a test says.
final class HostileManager: Sendable {
    /// The connection of one agent.
    final class Link: Sendable {
        let channel: any Channel
        let messages: AsyncStream<Message>
        /// The events that came while another one was waited for.
        private let passed = Mutex<[ResponseEvent]>([])

        init(channel: any Channel, messages: AsyncStream<Message>) {
            self.channel = channel
            self.messages = messages
        }

        /// Waits for the agent's hello and welcomes it.
        func welcome(agent: String = "001", heartbeatSeconds: UInt64 = 30) async throws {
            _ = await first { if case .hello = $0 { true } else { false } }
            try await channel.writeAndFlush(
                Message.welcome(
                    Welcome(managerName: "evil", agentID: agent, heartbeatSeconds: heartbeatSeconds, serverTime: 0)))
        }

        func send(_ order: Order) async throws {
            try await channel.writeAndFlush(Message.order(payload: order.encoded()))
        }

        /// Answers no ping from now on.
        func fallSilent() {
            channel.pipeline.fireUserInboundEventTriggered(Silence())
        }

        /// Sends bytes as they are; whether they left.
        @discardableResult
        func send(bytes: [UInt8]) async -> Bool {
            (try? await channel.triggerUserOutboundEvent(RawBytes(bytes: bytes)).get()) != nil
        }

        /// The first message of a kind; nil when the agent closed before.
        func first(_ isWanted: (Message) -> Bool) async -> Message? {
            for await message in messages where isWanted(message) { return message }
            return nil
        }

        /// The first event of some kinds about a dispatch, also one that came while another was waited for; nil when the
        /// agent closed before.
        func event(_ kinds: Set<ResponseEvent.Kind>, of id: DispatchID) async throws -> ResponseEvent? {
            let known = passed.withLock { $0.first { $0.dispatchID == id && kinds.contains($0.kind) } }
            if let known { return known }
            for await case .report(let payload) in messages {
                let event = try ResponseEvent(encoded: payload)
                passed.withLock { $0.append(event) }
                if event.dispatchID == id, kinds.contains(event.kind) { return event }
            }
            return nil
        }

        /// Waits until the agent has closed; the kinds of what it sent before.
        func end() async -> [String] {
            var kinds: [String] = []
            for await message in messages { kinds.append(message.kind) }
            return kinds
        }
    }

    private let server: any Channel
    private let links: AsyncStream<Link>

    private init(server: any Channel, links: AsyncStream<Link>) {
        self.server = server
        self.links = links
    }

    /// Listens on a port of 127.0.0.1.
    static func start(_ context: TLSContext, port: Int) async throws -> HostileManager {
        let (links, continuation) = AsyncStream.makeStream(of: Link.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (messages, ear) = AsyncStream.makeStream(of: Message.self)
                    let link = Link(channel: channel, messages: messages)
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: context), RawOutlet(),
                        FrameDecoder(maximumLength: FrameLimit.agent), FrameEncoder(maximumLength: FrameLimit.agent),
                        LinkEar(ear) { continuation.yield(link) },
                    ])
                }
            }
            .withBoundSocket(boundSocket(port)).get()
        return HostileManager(server: server, links: links)
    }

    /// A socket of our own making: one of NIO's is inherited by the programs that other tests start meanwhile, which would
    /// hold the port when the next server wants it.
    private static func boundSocket(_ port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound else { throw NotSeen("cannot listen on port \(port): \(errno)") }
        return descriptor
    }

    /// The next connection whose handshake the agent has ended well.
    func link() async throws -> Link {
        for await link in links { return link }
        throw NotSeen("no agent connected")
    }

    func stop() async throws {
        try await server.close()
    }
}

/// The order to answer nothing any more.
private struct Silence: Sendable {}

/// Bytes that are no frame.
private struct RawBytes: Sendable {
    let bytes: [UInt8]
}

private final class RawOutlet: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let raw = event as? RawBytes else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: raw.bytes)), promise: promise)
    }
}

/// Passes on what the agent says, and answers its pings, so that it does not go for silence.
private final class LinkEar: ChannelInboundHandler {
    typealias InboundIn = Message
    typealias OutboundOut = Message

    private let ear: AsyncStream<Message>.Continuation
    private let onHandshake: () -> Void
    private var isSilent = false

    init(_ ear: AsyncStream<Message>.Continuation, onHandshake: @escaping () -> Void) {
        self.ear = ear
        self.onHandshake = onHandshake
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        if case .ping(let nonce) = message, !isSilent {
            context.writeAndFlush(wrapOutboundOut(.pong(nonce: nonce)), promise: nil)
        }
        ear.yield(message)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { onHandshake() }
        if event is Silence { isSilent = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ear.finish()
    }
}
