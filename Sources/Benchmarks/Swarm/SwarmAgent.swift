import ActiveResponse
import AgentProtocol
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import TLS

/// One of many agents in this process: a real certificate and a real link, and no scripts.
///
/// It reports for each order what an agent would whose script succeeds at once.
final class SwarmAgent: Sendable {
    let id: String
    let name: String
    private let context: TLSContext
    private let sequence = Atomic<UInt64>(0)
    private let acknowledged = Atomic<UInt64>(0)
    private let channel = Mutex<(any Channel)?>(nil)

    init(id: String, name: String, context: TLSContext) {
        self.id = id
        self.name = name
        self.context = context
    }

    /// Whether the manager has all reports, for good.
    var isReported: Bool {
        acknowledged.load(ordering: .relaxed) == sequence.load(ordering: .relaxed)
    }

    /// Connects and returns once the manager has welcomed the agent.
    ///
    /// - Parameter onOrder: called on an event loop for each order that comes.
    /// - Returns: whether the session before was resumed.
    @discardableResult func connect(
        port: Int, group: MultiThreadedEventLoopGroup, onOrder: @escaping @Sendable (SwarmAgent, Order) -> Void
    ) async throws -> Bool {
        let context = context
        let loop = group.next()
        let welcomed = loop.makePromise(of: Bool.self)
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.seconds(60))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: context), FrameDecoder(maximumLength: FrameLimit.agent),
                        FrameEncoder(maximumLength: FrameLimit.agent),
                        SwarmLink(agent: self, welcomed: welcomed, onOrder: onOrder),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        self.channel.withLock { $0 = channel }
        return try await welcomed.futureResult.get()
    }

    /// Closes the link as an agent does that stops.
    func disconnect() async throws {
        guard let channel = channel.withLock({ $0 }) else { return }
        try? await channel.writeAndFlush(Message.goodbye(reason: "the agent is stopping"))
        try? await channel.close()
    }

    fileprivate func noteAcknowledged(through number: UInt64) {
        acknowledged.store(number, ordering: .relaxed)
    }

    /// The reports of a run that succeeds at once.
    fileprivate func reports(for order: Order) -> [Message] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1000
        let kinds: [ResponseEvent.Kind] = [.received, .started, order.isStateful ? .active : .finished]
        return kinds.map { kind in
            let number = sequence.add(1, ordering: .relaxed).newValue
            let event = ResponseEvent(
                sequence: number, dispatchID: order.id, kind: kind, at: now,
                exitStatus: kind == .finished || kind == .active ? 0 : nil,
                undoDue: order.isStateful ? now + order.timeout * 1000 : nil)
            return .report(payload: event.encoded())
        }
    }
}

/// The swarm's end of a link.
private final class SwarmLink: ChannelInboundHandler {
    typealias InboundIn = Message
    typealias OutboundOut = Message

    private let agent: SwarmAgent
    private let welcomed: EventLoopPromise<Bool>
    private let onOrder: @Sendable (SwarmAgent, Order) -> Void
    private var isResumed = false

    init(
        agent: SwarmAgent, welcomed: EventLoopPromise<Bool>,
        onOrder: @escaping @Sendable (SwarmAgent, Order) -> Void
    ) {
        self.agent = agent
        self.welcomed = welcomed
        self.onOrder = onOrder
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted {
            isResumed = completed.isResumed
            let hello = Hello(
                agentVersion: "swarm", agentName: "swarm-\(agent.id)", hostname: "swarm", osName: "swarm",
                bootID: "swarm", journalID: "swarm-\(agent.id)")
            context.writeAndFlush(wrapOutboundOut(.hello(hello)), promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .welcome: welcomed.succeed(isResumed)
        case .reportAck(let number): agent.noteAcknowledged(through: number)
        case .ping(let nonce): context.writeAndFlush(wrapOutboundOut(.pong(nonce: nonce)), promise: nil)
        case .order(let payload):
            guard let order = try? Order(encoded: payload) else { return context.close(promise: nil) }
            onOrder(agent, order)
            for report in agent.reports(for: order) { context.write(wrapOutboundOut(report), promise: nil) }
        case .goodbye, .failure: context.close(promise: nil)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        welcomed.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        welcomed.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
