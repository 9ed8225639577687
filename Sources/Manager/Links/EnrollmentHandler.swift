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
    private let pace: AttemptPace
    private let log: StrangerLog
    private var timer: Scheduled<Void>?
    private var hasRequest = false

    init(desk: EnrollmentDesk, pace: AttemptPace, log: StrangerLog) {
        self.desk = desk
        self.pace = pace
        self.log = log
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
        let network = PeerNetwork(context.remoteAddress)
        guard pace.admits(network, now: .now()) else {
            log.say(.warning, "Enrollments fail too often; this one was not looked at", .of([.address: address]))
            return channel.end(
                after: .failure(
                    code: .unavailable, text: "too many enrollments failed of late; try again in a minute"))
        }
        let (desk, pace, log) = (desk, pace, log)
        channel.eventLoop.makeFutureWithTask {
            let answer = await Self.answer(request, address: address, desk: desk, log: log)
            if case .enrollResponse = answer { return answer }
            pace.failed(network, now: .now())
            return answer
        }.flatMap { answer in
            channel.writeAndFlush(answer)
        }.whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.say(
            .info, "Enrollment connection failed",
            .of([.address: context.remoteAddress?.ipAddress ?? "", .error: "\(error)"]))
        context.close(promise: nil)
    }

    private static func answer(
        _ request: EnrollRequest, address: String, desk: EnrollmentDesk, log: StrangerLog
    ) async -> Message {
        do {
            return .enrollResponse(try await desk.enroll(request, address: address))
        } catch {
            log.say(.warning, "Enrollment was refused", .of([.address: address, .error: "\(error)"]))
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
