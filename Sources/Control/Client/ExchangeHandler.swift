import NIOCore
import NIOHTTP1
import TLS

/// What went wrong between the connection and the end of the answer.
enum ExchangeError: Error, CustomStringConvertible {
    case timeout
    case closedEarly

    var description: String {
        switch self {
        case .timeout: "it took too long"
        case .closedEarly: "it closed the connection before it had answered"
        }
    }
}

/// Sends the request as soon as the connection stands, and with TLS the manager is known; gathers the answer, closes.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: ControlRequest
    private let headers: HTTPHeaders
    private let awaitsTLS: Bool
    private let timeout: TimeAmount
    private let responseLimit: Int
    /// `nil` once it is kept.
    private var answer: EventLoopPromise<ControlResponse>?
    private var deadline: Scheduled<Void>?
    private var status = 0
    private var body: [UInt8] = []

    /// - Parameter headers: beside those that tell of the body.
    init(
        request: ControlRequest, headers: HTTPHeaders, awaitsTLS: Bool, timeout: TimeAmount, responseLimit: Int,
        answer: EventLoopPromise<ControlResponse>
    ) {
        self.request = request
        self.headers = headers
        self.awaitsTLS = awaitsTLS
        self.timeout = timeout
        self.responseLimit = responseLimit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.finish(.failure(ExchangeError.timeout), context: context)
        }
        if !awaitsTLS { sendRequest(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { sendRequest(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func sendRequest(_ context: ChannelHandlerContext) {
        var headers = headers
        if request.method == .POST || !request.body.isEmpty {
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: String(request.body.count))
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: request.method, uri: request.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
        case .body(let part):
            guard body.count + part.readableBytes <= responseLimit else {
                let error = ControlError.failed(
                    "the manager's answer is larger than \(responseLimit) bytes; ask for less with --limit")
                return finish(.failure(error), context: context)
            }
            body += part.readableBytesView
        case .end:
            finish(.success(ControlResponse(status: status, body: body)), context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ExchangeError.closedEarly), context: context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error), context: context)
    }

    /// The first outcome counts; what comes after it is only the closing.
    private func finish(_ outcome: Result<ControlResponse, any Error>, context: ChannelHandlerContext) {
        guard let answer else { return }
        self.answer = nil
        deadline?.cancel()
        answer.completeWith(outcome)
        context.close(promise: nil)
    }
}
