import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Control

/// A manager that gives one answer to everything and remembers what it was asked.
final class FakeManager: Sendable {
    /// What the fake does with a request.
    enum Behaviour: Sendable {
        case answer(status: Int, body: String)
        /// Closes the connection instead.
        case close
        /// Never says anything.
        case silence
    }

    struct Request: Sendable, Equatable {
        let method: String
        let target: String
        let body: String
    }

    /// The home to call `edr-control` with.
    let home: String
    private let channel: any Channel
    private let seen: Seen

    var requests: [Request] { seen.requests.withLock { $0 } }

    /// Listens on the control socket of a home of its own.
    static func start(_ behaviour: Behaviour) async throws -> FakeManager {
        let home = "/tmp/control-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: home + "/run", withIntermediateDirectories: true)
        let seen = Seen()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(behaviour: behaviour, seen: seen))
                }
            }
            .bind(unixDomainSocketPath: home + "/run/manager.sock").get()
        return FakeManager(home: home, channel: channel, seen: seen)
    }

    private init(home: String, channel: any Channel, seen: Seen) {
        self.home = home
        self.channel = channel
        self.seen = seen
    }

    func stop() async throws {
        try await channel.close()
        try FileManager.default.removeItem(atPath: home)
    }

    private final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let behaviour: Behaviour
        private let seen: Seen
        private var head: HTTPRequestHead?
        private var body = ""

        init(behaviour: Behaviour, seen: Seen) {
            self.behaviour = behaviour
            self.seen = seen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let part): body += String(decoding: part.readableBytesView, as: UTF8.self)
            case .end:
                let request = Request(method: head?.method.rawValue ?? "", target: head?.uri ?? "", body: body)
                seen.requests.withLock { $0.append(request) }
                reply(context)
            }
        }

        private func reply(_ context: ChannelHandlerContext) {
            switch behaviour {
            case .silence: break
            case .close: context.close(promise: nil)
            case .answer(let status, let text):
                let head = HTTPResponseHead(
                    version: .http1_1, status: .init(statusCode: status),
                    headers: ["content-length": String(text.utf8.count)])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(
                    wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// What one run of `edr-control` did.
struct ControlRun: Sendable {
    let status: Int32
    let output: String
    let errors: String
    let requests: [FakeManager.Request]

    /// Runs a command line, in UTC.
    static func of(_ arguments: [String]) async -> ControlRun {
        final class Streams: Sendable {
            let output = Mutex("")
            let errors = Mutex("")
        }
        let streams = Streams()
        let console = Console(
            output: { text in streams.output.withLock { $0 += text } },
            errors: { text in streams.errors.withLock { $0 += text } })
        let status = await ControlProgram.run(arguments: arguments, console: console, timeZone: .gmt)
        return ControlRun(
            status: status, output: streams.output.withLock { $0 }, errors: streams.errors.withLock { $0 },
            requests: [])
    }

    /// Runs a command line against a manager that answers like this.
    static func of(
        _ arguments: [String], status: Int = 200, answer: String
    ) async throws -> ControlRun {
        let manager = try await FakeManager.start(.answer(status: status, body: answer))
        let run = await of(["--home", manager.home] + arguments)
        let requests = manager.requests
        try await manager.stop()
        return ControlRun(status: run.status, output: run.output, errors: run.errors, requests: requests)
    }
}
