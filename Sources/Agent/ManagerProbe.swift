import ActiveResponse
import AgentSettings
import Daemon
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS

/// Finds out, after a response that may cut this host off, whether the manager can still be reached.
///
/// By a new connection with a whole TLS handshake: the link that is up may live on where no new one gets through, and
/// only a manager can answer a handshake. Nothing is said over it, so that the manager keeps the link that it has.
struct ManagerProbe: Service {
    /// How long one connection with its handshake may take.
    private static let patience = TimeAmount.seconds(3)
    /// Between two rounds through all addresses.
    private static let pause = Duration.milliseconds(500)

    /// Until when to try, in milliseconds of the boot clock, one for each time that it is wanted.
    let requests: AsyncStream<Int64>
    let addresses: ManagerAddressBook
    let group: MultiThreadedEventLoopGroup
    let identity: AgentIdentity
    let executor: ResponseExecutor
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await until in requests { await probe(until: until) }
        }
    }

    private func probe(until: Int64) async {
        var problem = "there is no address of a manager"
        while !Task.isCancelled, SystemClock.now().boot < until {
            for server in addresses.targets {
                let begun = SystemClock.now().boot
                do {
                    try await connect(to: server)
                    executor.reached(since: begun)
                    return logger.notice(
                        "Manager is reached through a response that could have cut this host off",
                        metadata: .of([.host: server.host, .port: server.port]))
                } catch {
                    problem = "\(server): \(ConnectionProblem.text(error))"
                }
            }
            // Ends early when the agent is to stop, which the loop sees.
            try? await Task.sleep(for: Self.pause)
        }
        guard !Task.isCancelled else { return }
        logger.error(
            "Manager is not reached through a response that cuts this host off; it is undone",
            metadata: .of([.reason: problem]))
    }

    private func connect(to server: ManagerAddress) async throws {
        let eventLoop = group.next()
        let done = eventLoop.makePromise(of: Void.self)
        let context = identity.context
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(Self.patience)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            TLSHandler(context: context), HandshakeWaiter(done: done, patience: Self.patience),
                        ])
                    }
                }
                .connect(host: server.host, port: server.port).get()
            defer { channel.close(promise: nil) }
            try await done.futureResult.get()
        } catch {
            // The handler may not have been there to end it.
            done.fail(error)
            throw error
        }
    }
}

/// Waits for the end of a handshake.
private final class HandshakeWaiter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private struct NoHandshake: Error, CustomStringConvertible {
        let description = "no manager answered the handshake"
    }

    private let done: EventLoopPromise<Void>
    private let patience: TimeAmount
    private var timer: Scheduled<Void>?

    init(done: EventLoopPromise<Void>, patience: TimeAmount) {
        self.done = done
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { done.succeed(()) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        done.fail(NoHandshake())
        context.fireChannelInactive()
    }
}
