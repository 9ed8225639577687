import ActiveResponse
import AgentProtocol
import Daemon
import Logging
import NIOCore
import TLS
import Wire

/// The manager's end of the link to one agent: greets it, passes its reports on, and notices when it falls silent.
///
/// The agent is who its certificate says. Whatever it reports is taken as its own.
///
/// It reads no faster than the ledger keeps what was read, and than the agent takes what it is sent: what waits in
/// memory for one agent is bounded.
final class AgentConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = Message
    typealias OutboundIn = Message
    typealias OutboundOut = Message

    /// How long an agent may take to say hello.
    private static let helloTimeout = TimeAmount.seconds(10)
    /// How many batches of reports, each of one read, may wait for their acknowledgement, and other things that an agent
    /// tells to be taken.
    private static let batchLimit = 8
    /// How often a sign of life is passed on at most.
    private static let signInterval = TimeAmount.seconds(1)

    /// How often an agent may have its certificate renewed at most.
    private static let renewalInterval = TimeAmount.minutes(10)

    private let peer: TLSHandshakeCompleted.Peer
    private let desk: AgentDesk
    private let logger: Logger
    private var link: RemoteLink?
    private var heartbeat: Heartbeat?
    private var timer: Scheduled<Void>?
    /// Reports of the present read, handed on together.
    private var reports: [AgentReport] = []
    /// Kinds of reports that this version does not know and that were logged.
    private var unknownKinds: Set<UInt64> = []
    /// What was handed on and is not acknowledged or taken.
    private var gate = ReadGate(limit: batchLimit)
    /// Since when the peer has taken nothing of what waits for it; nil while nothing has to wait.
    private var unwritableSince: NIODeadline?
    private var lastSign: NIODeadline?
    private var lastRenewal: NIODeadline?
    private var endReason = "the connection was lost"

    init(peer: TLSHandshakeCompleted.Peer, desk: AgentDesk, logger: Logger) {
        self.peer = peer
        self.desk = desk
        self.logger = logger
    }

    private var agentID: String { peer.commonName }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = schedule(context, after: Self.helloTimeout) { handler, context in
            handler.end(context, reason: "it did not say hello in time")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        heartbeat?.heard(now: context.eventLoop.now)
        guard let link else {
            guard case .hello(let hello) = message else {
                return refuse(context, .unexpectedMessage, "the first message must be hello")
            }
            return greet(context, hello)
        }
        switch message {
        case .report(let payload):
            do throws(WireError) {
                let report = try AgentReport(encoded: payload)
                if case .unknown(let unknown) = report { note(unknown) }
                reports.append(report)
            } catch {
                logger.error(
                    "Report cannot be read", metadata: .of([.agent: agentID, .error: error]))
                end(context, reason: "it sent a report that cannot be read")
            }
        case .journalSummary(let payload):
            // What came before it counts before it.
            passOn()
            decode { () throws(WireError) in
                let part = try JournalSummary(encoded: payload)
                gate.began()
                desk.events.send(.summary(link, part))
            }
        case .description(let payload):
            passOn()
            decode { () throws(WireError) in
                let found = try HeldOrder(encoded: payload)
                gate.began()
                desk.events.send(.description(link, found))
            }
        case .turnedAway(let id, let reason):
            guard let id = DispatchID(bytes: id) else { return }
            gate.began()
            desk.events.send(.notice(link, .turnedAway(id, reason: reason.bounded)))
        case .ready:
            gate.began()
            desk.events.send(.notice(link, .ready))
        case .renewRequest(let request):
            renew(context, link, request)
        case .trusted(let fingerprints):
            if link.takesTrustAnswer() { desk.events.send(.trusts(link, fingerprints)) }
        case .ping(let nonce):
            heard(link, context)
            context.writeAndFlush(wrapOutboundOut(.pong(nonce: nonce)), promise: nil)
        case .pong:
            heard(link, context)
        case .goodbye(let reason):
            end(context, reason: reason)
        default:
            refuse(context, .unexpectedMessage, "an agent does not send \"\(message.kind)\" here")
        }
    }

    /// What cannot be read is left out: a newer agent may say what means nothing here.
    private func decode(_ body: () throws(WireError) -> Void) {
        do throws(WireError) {
            try body()
        } catch {
            logger.warning(
                "What the agent says of its journal cannot be read and is left out",
                metadata: .of([.agent: agentID, .error: error]))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passOn()
        context.fireChannelReadComplete()
    }

    private func passOn() {
        guard let link, !reports.isEmpty else { return }
        gate.began()
        desk.events.send(.reports([ReportBatch(agent: agentID, link: link, reports: reports)]))
        reports = []
    }

    /// Has the agent's certificate renewed.
    private func renew(_ context: ChannelHandlerContext, _ link: RemoteLink, _ request: [UInt8]) {
        // Each costs a signature and a write to the ledger.
        let now = context.eventLoop.now
        if let lastRenewal, now < lastRenewal + Self.renewalInterval { return }
        lastRenewal = now
        let desk = desk.renewal
        _ = context.eventLoop.makeFutureWithTask {
            let certificate = await desk.renew(agent: link.agentID, fingerprint: link.fingerprint, request: request)
            if let certificate { link.send(renewed: certificate) }
        }
    }

    private func note(_ report: UnknownReport) {
        guard unknownKinds.count < 100, unknownKinds.insert(report.kind).inserted else { return }
        logger.warning(
            "Agent reports something that this version does not know; it is noted in the timeline alone",
            metadata: .of([.agent: agentID, .kind: report.kind, .dispatch: report.dispatch?.description ?? ""]))
    }

    func read(context: ChannelHandlerContext) {
        if gate.mayRead(isWritable: context.channel.isWritable) { context.read() }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is RemoteLink.Taken else { return context.triggerUserOutboundEvent(event, promise: promise) }
        gate.ended()
        readOn(context)
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .reportAck = unwrapOutboundIn(data) {
            // One for each batch.
            gate.ended()
            readOn(context)
        }
        guard unwritableSince != nil else { return context.write(data, promise: promise) }
        // A slow peer with a long way to go is not one that does not read.
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenSuccess {
            if self.unwritableSince != nil { self.unwritableSince = context.eventLoop.now }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : unwritableSince ?? context.eventLoop.now
        readOn(context)
        context.fireChannelWritabilityChanged()
    }

    private func readOn(_ context: ChannelHandlerContext) {
        if gate.readsOn(isWritable: context.channel.isWritable) { context.read() }
    }

    private func heard(_ link: RemoteLink, _ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if let lastSign, now < lastSign + Self.signInterval { return }
        lastSign = now
        desk.events.send(.heard(link))
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        if let link { desk.events.send(.down(link, reason: endReason)) }
        link = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, reason: "\(error)")
    }

    private func greet(_ context: ChannelHandlerContext, _ hello: Hello) {
        guard hello.protocolVersion >= 1 else {
            return refuse(context, .unsupportedVersion, "this manager speaks version 1 and later")
        }
        // The handshake may be long ago.
        guard desk.admits(peer) else {
            return refuse(context, .notEnrolled, "this agent is not enrolled")
        }
        let link = RemoteLink(
            agentID: agentID, fingerprint: peer.fingerprint.description, channel: context.channel)
        self.link = link
        desk.strangers.leave(context.channel)
        let heartbeat = Heartbeat(now: context.eventLoop.now)
        self.heartbeat = heartbeat
        let interval = heartbeat.interval.nanoseconds / 1_000_000_000
        context.writeAndFlush(
            wrapOutboundOut(.welcome(desk.welcome(agentID: agentID, heartbeatSeconds: interval))), promise: nil)
        desk.events.send(
            .up(
                link, journal: hello.journalID, version: hello.agentVersion,
                address: context.remoteAddress?.ipAddress ?? ""))
        tick(context)
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard var heartbeat else { return }
        let now = context.eventLoop.now
        if let unwritableSince, now - unwritableSince >= heartbeat.deadAfter {
            return end(context, reason: "it does not read")
        }
        guard peer.expiresAt > CertificateAuthority.currentTime else {
            return end(context, reason: "its certificate has expired")
        }
        let action = heartbeat.tick(now: now)
        self.heartbeat = heartbeat
        switch action {
        case .wait: break
        case .ping(let nonce): context.writeAndFlush(wrapOutboundOut(.ping(nonce: nonce)), promise: nil)
        case .dead:
            // It cannot be heard while nothing is read.
            guard gate.isHeld else { return end(context, reason: "it fell silent") }
            heartbeat.heard(now: now)
            self.heartbeat = heartbeat
        }
        timer?.cancel()
        let next = min(heartbeat.nextTick, unwritableSince.map { $0 + heartbeat.deadAfter } ?? heartbeat.nextTick)
        timer = schedule(context, after: next - now) { handler, context in handler.tick(context) }
    }

    private func schedule(
        _ context: ChannelHandlerContext, after delay: TimeAmount,
        _ body: @escaping (AgentConnectionHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { body(self, context) }
    }

    private func refuse(_ context: ChannelHandlerContext, _ code: FailureCode, _ text: String) {
        context.writeAndFlush(wrapOutboundOut(.failure(code: code, text: text)), promise: nil)
        end(context, reason: text)
    }

    private func end(_ context: ChannelHandlerContext, reason: String) {
        endReason = reason
        // What came before it counts.
        passOn()
        context.close(promise: nil)
    }
}
