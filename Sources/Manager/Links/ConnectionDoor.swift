import AgentProtocol
import Daemon
import Logging
import NIOCore
import TLS

/// Waits for the end of a connection's TLS handshake and then puts into the pipeline what the client came for:
/// its link, when it is an agent, or an enrollment.
final class ConnectionDoor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let desk: AgentDesk
    private let strangerLog: StrangerLog
    private let logger: Logger

    init(desk: AgentDesk, strangerLog: StrangerLog, logger: Logger) {
        self.desk = desk
        self.strangerLog = strangerLog
        self.logger = logger
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let handshake = event as? TLSHandshakeCompleted else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            switch handshake.applicationProtocol {
            case .enrollment: try admitEnrollment(context)
            case .agent: try admitAgent(context, handshake.peer)
            // The agents' port does not serve it.
            case .http: context.close(promise: nil)
            }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            logger.error("Connection could not be set up", metadata: .of([.error: "\(error)"]))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        strangerLog.say(
            .info, "Connection was refused",
            .of([.address: context.remoteAddress?.ipAddress ?? "", .error: "\(error)"]))
        context.close(promise: nil)
    }

    private func admitEnrollment(_ context: ChannelHandlerContext) throws {
        try context.pipeline.syncOperations.addHandlers([
            FrameDecoder(maximumLength: FrameLimit.enrollment), FrameEncoder(maximumLength: FrameLimit.enrollment),
            EnrollmentHandler(desk: desk.enrollment, pace: desk.pace, log: strangerLog),
        ])
    }

    private func admitAgent(_ context: ChannelHandlerContext, _ peer: TLSHandshakeCompleted.Peer?) throws {
        let encoder = FrameEncoder(maximumLength: FrameLimit.agent)
        guard let peer, desk.admits(peer) else {
            strangerLog.say(
                .warning, "Certificate is not one of an enrolled agent",
                .of([.agent: peer?.commonName ?? "", .address: context.remoteAddress?.ipAddress ?? ""]))
            try context.pipeline.syncOperations.addHandler(encoder)
            context.channel.end(after: .failure(code: .notEnrolled, text: "this agent is not enrolled"))
            return
        }
        try context.pipeline.syncOperations.addHandlers([
            FrameDecoder(maximumLength: FrameLimit.agent), encoder,
            AgentConnectionHandler(peer: peer, desk: desk, logger: logger),
        ])
    }
}

extension ConnectionDoor: RemovableChannelHandler {}
