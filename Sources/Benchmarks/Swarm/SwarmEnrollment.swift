import AgentProtocol
import NIOCore
import NIOPosix
import TLS
import TestSupport

/// Enrolls agents of a swarm; they share a key, because making ten thousand would measure nothing of the manager.
struct SwarmEnrollment {
    let port: Int
    let token: EnrollmentToken
    let group: MultiThreadedEventLoopGroup
    private let key: PrivateKey
    private let request: [UInt8]

    init(token: String, port: Int, group: MultiThreadedEventLoopGroup) throws {
        self.token = try EnrollmentToken(token)
        self.port = port
        self.group = group
        key = try PrivateKey()
        request = try CertificateRequest(for: key).der()
    }

    func enroll(name: String) async throws -> SwarmAgent {
        guard let fingerprint = Fingerprint(token.authorityFingerprint) else { throw NotSeen("the token is damaged") }
        let context = try TLSContext.enrollment(authorityFingerprint: fingerprint)
        let loop = group.next()
        let answer = loop.makePromise(of: EnrollResponse.self)
        let request = EnrollRequest(token: token.text, certificateRequest: request, requestedName: name)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(60))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: context), FrameDecoder(maximumLength: FrameLimit.enrollment),
                        FrameEncoder(maximumLength: FrameLimit.enrollment),
                        Exchange(request: request, answer: answer),
                    ])
                }
            }
        do {
            _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        } catch {
            // The handler may not have been there to end it.
            answer.fail(error)
        }
        let response = try await answer.futureResult.get()
        return SwarmAgent(
            id: response.agentID, name: response.agentName,
            context: try .agent(
                authority: Certificate(pem: response.authority),
                certificate: Certificate(pem: response.certificateChain), key: key))
    }

    private final class Exchange: ChannelInboundHandler {
        typealias InboundIn = Message
        typealias OutboundOut = Message

        private let request: EnrollRequest
        private let answer: EventLoopPromise<EnrollResponse>

        init(request: EnrollRequest, answer: EventLoopPromise<EnrollResponse>) {
            self.request = request
            self.answer = answer
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is TLSHandshakeCompleted {
                context.writeAndFlush(wrapOutboundOut(.enrollRequest(request)), promise: nil)
            }
            context.fireUserInboundEventTriggered(event)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .enrollResponse(let response) = unwrapInboundIn(data) { answer.succeed(response) }
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.fail(error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            answer.fail(ChannelError.eof)
            context.fireChannelInactive()
        }
    }
}
