import AgentProtocol
import Daemon
import Logging
import NIOCore
import TLS

/// Serves one enrollment: takes the request, answers, closes.
final class EnrollmentHandler: ChannelInboundHandler {
    typealias InboundIn = Message
    typealias OutboundOut = Message

    private static let timeout = TimeAmount.seconds(10)

    private let desk: EnrollmentDesk
    private let logger: Logger
    private var timer: Scheduled<Void>?
    private var hasRequest = false

    init(desk: EnrollmentDesk, logger: Logger) {
        self.desk = desk
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.timeout) { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRequest, case .enrollRequest(let request) = unwrapInboundIn(data) else {
            return context.close(promise: nil)
        }
        hasRequest = true
        let channel = context.channel
        let address = context.remoteAddress?.ipAddress ?? ""
        let (desk, logger) = (desk, logger)
        channel.eventLoop.makeFutureWithTask {
            await Self.answer(request, address: address, desk: desk, logger: logger)
        }.flatMap { answer in
            channel.writeAndFlush(answer)
        }.whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.info(
            "Enrollment connection failed",
            metadata: .of([.address: context.remoteAddress?.ipAddress ?? "", .error: "\(error)"]))
        context.close(promise: nil)
    }

    private static func answer(
        _ request: EnrollRequest, address: String, desk: EnrollmentDesk, logger: Logger
    ) async -> Message {
        do {
            return .enrollResponse(try await desk.enroll(request, address: address))
        } catch {
            logger.warning("Enrollment was refused", metadata: .of([.address: address, .error: "\(error)"]))
            return failure(for: error)
        }
    }

    /// Strangers are not told whether a token is unknown, used up or expired.
    private static func failure(for error: any Error) -> Message {
        switch error {
        case LedgerError.tokenUnknown, LedgerError.tokenExpired, LedgerError.tokenUsedUp:
            .failure(
                code: .tokenRejected,
                text: "the token is not valid, or no longer; get a new one with \"edr-control enroll token\"")
        case LedgerError.nameTaken, LedgerError.invalidName, LedgerError.invalidAgentID:
            .failure(code: .nameTaken, text: "\(error)")
        case is TLSError, is AgentProtocolError:
            .failure(code: .requestRejected, text: "\(error)")
        default:
            .failure(code: .unavailable, text: "the manager cannot enroll agents at present; its log says why")
        }
    }
}
