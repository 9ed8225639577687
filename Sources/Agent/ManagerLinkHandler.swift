import ActiveResponse
import AgentProtocol
import Daemon
import Logging
import NIOCore
import TLS
import Wire

/// The agent's end of the link to its manager.
///
/// It reads no faster than what was read is taken, and than the manager takes what it is sent: what waits in memory is
/// bounded, whatever the manager does.
final class ManagerLinkHandler: ChannelDuplexHandler {
    typealias InboundIn = Message
    typealias OutboundIn = Message
    typealias OutboundOut = Message

    /// What the link needs from the rest of the agent.
    struct Agent: Sendable {
        let hello: Hello
        let identity: AgentIdentity
        let executor: ResponseExecutor
        let outbox: ReportOutbox
        let logger: Logger
        /// Called when the manager has accepted the agent.
        let onWelcome: @Sendable (any Channel, Welcome) -> Void
    }

    /// How long the manager may take to welcome the agent.
    private static let welcomeTimeout = TimeAmount.seconds(10)
    /// How many reads may wait until what they brought is taken.
    private static let readLimit = 8
    /// How many dispatches are described at a time: their orders may be large.
    private static let descriptionLimit = 64
    /// How many orders that cannot be read are logged of one link.
    private static let unreadableLimit = 10

    private let agent: Agent
    private var heartbeat: Heartbeat?
    private var clock: ManagerClock?
    private var timer: Scheduled<Void>?
    private var gate = ReadGate(limit: readLimit)
    /// Whether the present read brought something for the executor.
    private var hasHandedOn = false
    /// What the manager wants described, in its order, and whether some of it is being described now.
    private var questions: [DispatchID] = []
    private var messagesToDescribe = 0
    private var isDescribing = false
    private var unreadable = 0
    /// Why the link ended, in the words of whoever ended it.
    private var endReason: String?
    private let ended: EventLoopPromise<String>

    /// - Parameter ended: gets the reason once the link is down.
    init(agent: Agent, ended: EventLoopPromise<String>) {
        self.agent = agent
        self.ended = ended
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted {
            context.writeAndFlush(wrapOutboundOut(.hello(agent.hello)), promise: nil)
            timer = schedule(context, after: Self.welcomeTimeout) { handler, context in
                handler.end(context, reason: "the manager did not answer in time")
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        switch message {
        case .welcome(let welcome) where heartbeat == nil: accept(context, welcome)
        case .order(let payload) where heartbeat != nil: take(context, payload)
        case .describe(let ids) where heartbeat != nil: describe(context, ids)
        case .renewResponse(let chain) where heartbeat != nil: takeCertificate(context, chain)
        case .trust(let authorities, let seconds) where heartbeat != nil: trust(context, authorities, seconds)
        case .reportAck(let sequence):
            hasHandedOn = true
            agent.executor.acknowledge(through: sequence)
        case .ping(let nonce): context.writeAndFlush(wrapOutboundOut(.pong(nonce: nonce)), promise: nil)
        case .pong: break
        case .goodbye(let reason): end(context, reason: "the manager said goodbye: \(Self.short(reason))")
        case .failure(_, let text): end(context, reason: "the manager refused: \(Self.short(text))")
        default: end(context, reason: "the manager sent \"\(message.kind)\" where it makes no sense")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // A large order may be under way for longer than the manager may be silent.
        heartbeat?.heard(now: .now())
        if hasHandedOn {
            hasHandedOn = false
            gate.began()
            let link = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            agent.executor.taken {
                link.eventLoop.execute { link.value.0.taken(link.value.1) }
            }
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if gate.mayRead(isWritable: context.channel.isWritable) { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isDescribing { describeNext(context) }
        readOn(context)
        context.fireChannelWritabilityChanged()
    }

    private func readOn(_ context: ChannelHandlerContext) {
        if gate.readsOn(isWritable: context.channel.isWritable) { context.read() }
    }

    /// What a read brought was taken.
    private func taken(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        gate.ended()
        readOn(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        agent.outbox.close(context.channel)
        ended.succeed(endReason ?? "the connection was lost")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, reason: "\(error)")
    }

    private func accept(_ context: ChannelHandlerContext, _ welcome: Welcome) {
        // A manager's interval is taken within bounds: it must notice a dead link, not flood a live one.
        let seconds = Int64(min(max(welcome.heartbeatSeconds, 1), 60))
        heartbeat = Heartbeat(now: .now(), interval: .seconds(seconds), deadAfter: .seconds(seconds * 5 / 2 + 1))
        let clock = ManagerClock(welcome, now: Timestamp.now())
        self.clock = clock
        if clock.isRemarkable {
            agent.logger.warning(
                "The manager's clock is another one; the times of its orders are read accordingly",
                metadata: .of([.reason: "the manager is \(clock.ahead) ms ahead"]))
        }
        let executor = agent.executor
        let (outbox, channel) = (agent.outbox, context.channel)
        outbox.open(channel) { executor.unacknowledged() }
        // Whatever was submitted by earlier links is in it, and every report that led to it is sent before it.
        executor.summarize { held in
            for part in JournalSummary.parts(of: held) {
                outbox.send(.journalSummary(payload: part.encoded()), over: channel)
            }
        }
        agent.onWelcome(context.channel, welcome)
        // Only now: it may ask for a certificate, and what was shown has to be settled before.
        tick(context)
    }

    /// Connects again with a renewed certificate: with its first use the old one is worth nothing any more.
    private func takeCertificate(_ context: ChannelHandlerContext, _ chain: String) {
        guard agent.identity.take(certificate: chain) else { return }
        let reason = "the certificate was renewed"
        context.writeAndFlush(wrapOutboundOut(.goodbye(reason: reason)), promise: nil)
        end(context, reason: reason)
    }

    private func trust(_ context: ChannelHandlerContext, _ authorities: [[UInt8]], _ renewWithin: UInt64) {
        guard let fingerprints = agent.identity.trust(authorities, renewWithin: renewWithin) else { return }
        context.writeAndFlush(wrapOutboundOut(.trusted(fingerprints: fingerprints)), promise: nil)
        askForCertificate(context)
    }

    /// When it is time.
    private func askForCertificate(_ context: ChannelHandlerContext) {
        guard let request = agent.identity.renewalRequest() else { return }
        context.writeAndFlush(wrapOutboundOut(.renewRequest(certificateRequest: request)), promise: nil)
    }

    private func describe(_ context: ChannelHandlerContext, _ ids: [[UInt8]]) {
        gate.began()
        messagesToDescribe += 1
        questions += ids.compactMap(DispatchID.init(bytes:))
        if !isDescribing { describeNext(context) }
    }

    /// Describes some of what the manager wants described, when it has taken what was described before.
    private func describeNext(_ context: ChannelHandlerContext) {
        guard !questions.isEmpty else {
            for _ in 0..<messagesToDescribe { gate.ended() }
            messagesToDescribe = 0
            return
        }
        guard context.channel.isWritable else { return }
        isDescribing = true
        var seen: Set<DispatchID> = []
        let ids = questions.prefix(Self.descriptionLimit).filter { seen.insert($0).inserted }
        questions.removeFirst(min(Self.descriptionLimit, questions.count))
        let (outbox, channel) = (agent.outbox, context.channel)
        let link = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        agent.executor.describe(ids) { orders in
            for order in orders { outbox.send(.description(payload: order.encoded()), over: channel) }
            link.eventLoop.execute { link.value.0.described(link.value.1) }
        }
    }

    private func described(_ context: ChannelHandlerContext) {
        isDescribing = false
        guard context.channel.isActive else { return }
        describeNext(context)
        readOn(context)
    }

    private func take(_ context: ChannelHandlerContext, _ payload: [UInt8]) {
        hasHandedOn = true
        do throws(WireError) {
            let order = try Order(encoded: payload)
            agent.executor.submit(clock?.localized(order) ?? order)
        } catch {
            // The link stays: cut for it, the same order would come again with the next one and hold up all others.
            unreadable += 1
            guard unreadable <= Self.unreadableLimit else { return }
            agent.logger.error("Order cannot be read and is left out", metadata: .of([.error: error]))
        }
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard var heartbeat else { return }
        askForCertificate(context)
        let action = heartbeat.tick(now: .now())
        self.heartbeat = heartbeat
        switch action {
        case .wait: break
        case .ping(let nonce): context.writeAndFlush(wrapOutboundOut(.ping(nonce: nonce)), promise: nil)
        case .dead:
            // It cannot be heard while nothing is read for the executor's sake.
            guard gate.isHeld, gate.isFull, context.channel.isWritable else {
                return end(context, reason: "the manager fell silent")
            }
            heartbeat.heard(now: .now())
            self.heartbeat = heartbeat
        }
        timer?.cancel()
        timer = schedule(context, after: heartbeat.nextTick - .now()) { handler, context in handler.tick(context) }
    }

    private func schedule(
        _ context: ChannelHandlerContext, after delay: TimeAmount,
        _ body: @escaping (ManagerLinkHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { body(self, context) }
    }

    /// The beginning of what the manager says, for the log.
    private static func short(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200)))
    }

    private func end(_ context: ChannelHandlerContext, reason: String) {
        if endReason == nil { endReason = reason }
        context.close(promise: nil)
    }
}
