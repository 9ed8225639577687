import AgentProtocol
import AgentSettings
import Daemon
import Glibc
import NIOCore
import NIOPosix
import TLS

/// Enrolls this host with a manager: makes a key, shows the token, gets a certificate.
///
/// The token carries the fingerprint of the manager's authority, so the manager is known before the first byte of
/// the secret is sent.
struct EnrollmentClient {
    /// What makes enrolling fail, in one sentence, and whether the manager was reached at all.
    struct Failure: Error, CustomStringConvertible {
        let description: String
        var isUnreachable = false
    }

    let home: Home
    let manager: ManagerAddress

    /// What an enrollment led to.
    struct Result {
        /// As the manager gave it.
        let id: String
        let name: String
        /// The id that this home had before, if it was enrolled.
        let formerID: String?
        /// Whether that was with the same manager.
        let isSameManager: Bool
    }

    /// Enrolls and writes `etc/`.
    func enroll(token tokenText: String, name: String) async throws -> Result {
        let token = try EnrollmentToken(tokenText)
        guard let fingerprint = Fingerprint(token.authorityFingerprint) else {
            throw Failure(description: "the token is damaged")
        }
        try home.createFolders()
        let key = try PrivateKey()
        let request = EnrollRequest(
            token: token.text, certificateRequest: try CertificateRequest(for: key).der(), requestedName: name)
        let response = try await ask(request, context: try .enrollment(authorityFingerprint: fingerprint))
        let credentials = AgentCredentials(
            authorities: try Certificate.chain(pem: response.authority),
            certificate: try Certificate(pem: response.certificateChain), key: key)
        guard try credentials.authorities.contains(where: { try $0.fingerprint() == fingerprint }),
            credentials.certificate.belongs(to: key)
        else {
            throw Failure(description: "the manager answered with certificates that do not belong to this enrollment")
        }
        // Files that cannot be read are none: they are about to be replaced.
        let former = try? AgentCredentials.load(home: home)
        let formerAuthorities = former?.authorities.compactMap { try? $0.fingerprint() } ?? []
        try credentials.write(to: home)
        try writeConfiguration()
        return Result(
            id: response.agentID, name: response.agentName, formerID: former?.agentID,
            isSameManager: formerAuthorities.contains(fingerprint))
    }

    private func ask(_ request: EnrollRequest, context: TLSContext) async throws -> EnrollResponse {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outcome: Swift.Result<EnrollResponse, any Error>
        do {
            outcome = .success(try await ask(request, context: context, on: group))
        } catch {
            outcome = .failure(error)
        }
        // The program ends soon. Its thread must have ended before: OpenSSL clears up when a program exits, and nobody
        // may use it then.
        try? await group.shutdownGracefully()
        return try outcome.get()
    }

    private func ask(
        _ request: EnrollRequest, context: TLSContext, on group: MultiThreadedEventLoopGroup
    ) async throws -> EnrollResponse {
        let answer = group.next().makePromise(of: EnrollResponse.self)
        do {
            _ = try await ClientBootstrap(group: group)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            TLSHandler(context: context), FrameDecoder(maximumLength: FrameLimit.enrollment),
                            FrameEncoder(maximumLength: FrameLimit.enrollment),
                            EnrollmentExchange(request: request, answer: answer),
                        ])
                    }
                }
                .connect(host: manager.host, port: manager.port).get()
        } catch {
            answer.fail(error)
            throw Failure(
                description: "cannot reach the manager at \(manager): \(ConnectionProblem.text(error))",
                isUnreachable: true)
        }
        return try await answer.futureResult.get()
    }

    /// Writes a configuration that names the manager, unless the administrator has written one.
    private func writeConfiguration() throws(DaemonError) {
        for name in AgentConfiguration.fileNames where access("\(home.etc)/\(name)", F_OK) == 0 { return }
        let path = "\(home.etc)/\(AgentConfiguration.fileNames[0])"
        let text = """
            <!-- Written by edr-agent when it enrolled. Every option is in docs/reference/configuration.md. -->
            <edr_config>
              <client>
                <server><address>\(manager.host)</address><port>\(manager.port)</port></server>
              </client>
            </edr_config>

            """
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw DaemonError("cannot write \"\(path)\"", errno: errno) }
        defer { close(descriptor) }
        guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
            throw DaemonError("cannot write \"\(path)\"", errno: errno)
        }
    }
}

/// One request and its answer.
private final class EnrollmentExchange: ChannelInboundHandler {
    typealias InboundIn = Message
    typealias OutboundOut = Message

    private let request: EnrollRequest
    private let answer: EventLoopPromise<EnrollResponse>
    private var timer: Scheduled<Void>?

    init(request: EnrollRequest, answer: EventLoopPromise<EnrollResponse>) {
        self.request = request
        self.answer = answer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(30)) { [answer] in
            answer.fail(EnrollmentClient.Failure(description: "the manager did not answer in time"))
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted {
            context.writeAndFlush(wrapOutboundOut(.enrollRequest(request)), promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .enrollResponse(let response): answer.succeed(response)
        case .failure(_, let text): answer.fail(EnrollmentClient.Failure(description: "the manager refused: \(text)"))
        default: answer.fail(EnrollmentClient.Failure(description: "the manager gave an answer that makes no sense"))
        }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(EnrollmentClient.Failure(description: "\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        answer.fail(EnrollmentClient.Failure(description: "the manager closed the connection without an answer"))
        context.fireChannelInactive()
    }
}
