import ActiveResponse
import AgentProtocol
import AgentSettings
import Daemon
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TLS

/// Keeps the agent connected: tries its managers one after the other, again and again.
struct ManagerLinkService: Service {
    let group: MultiThreadedEventLoopGroup
    let identity: AgentIdentity
    let hello: Hello
    let executor: ResponseExecutor
    let outbox: ReportOutbox
    let addresses: ManagerAddressBook
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var backoff = Backoff()
            var generator = SystemRandomNumberGenerator()
            var next = 0
            while !Task.isCancelled {
                // Where names cannot be looked up any more, what they last stood for still leads to the manager.
                let servers = addresses.serversAndFound
                let server = servers[next % servers.count]
                next += 1
                if let accepted = await connect(to: server) {
                    // The next attempt goes to the same manager: it worked.
                    next -= 1
                    backoff.wasConnected(for: accepted)
                }
                // Ends early when the agent is to stop, which the loop sees.
                try? await Task.sleep(for: backoff.next(using: &generator))
            }
        }
    }

    /// Connects once and returns when the link is down.
    ///
    /// - Returns: for how long the manager had accepted the agent; nil when it had not.
    private func connect(to server: ManagerAddress) async -> Duration? {
        let accepted = Accepted()
        let context = identity.context
        defer { if accepted.since == nil { identity.notAccepted(context) } }
        do {
            let (channel, ended) = try await open(server, context, accepted: accepted)
            let reason = try await withTaskCancellationHandler {
                try await ended.get()
            } onCancel: {
                channel.writeAndFlush(Message.goodbye(reason: "the agent is stopping")).whenComplete { _ in
                    channel.close(promise: nil)
                }
            }
            if Task.isCancelled { return nil }
            logger.notice(
                accepted.since != nil ? "Disconnected from the manager" : "Manager did not accept the agent",
                metadata: .of([.host: server.host, .port: server.port, .reason: reason]))
        } catch {
            logger.warning(
                "Manager cannot be reached; trying again",
                metadata: .of([.host: server.host, .port: server.port, .error: ConnectionProblem.text(error)]))
        }
        return accepted.since.map { .now - $0 }
    }

    private func open(
        _ server: ManagerAddress, _ context: TLSContext, accepted: Accepted
    ) async throws -> (any Channel, EventLoopFuture<String>) {
        let eventLoop = group.next()
        let ended = eventLoop.makePromise(of: String.self)
        let (addresses, executor, identity, logger) = (addresses, executor, identity, logger)
        let agent = ManagerLinkHandler.Agent(
            hello: hello, identity: identity, executor: executor, outbox: outbox, logger: logger
        ) { channel, welcome in
            accepted.note()
            identity.accepted(context)
            if let address = channel.remoteAddress?.ipAddress, addresses.connected(to: address) {
                executor.update(managerAddresses: addresses.known)
            }
            logger.notice(
                "Connected to the manager",
                metadata: .of([
                    .host: server.host, .port: server.port, .agent: welcome.agentID, .name: welcome.managerName,
                ]))
            // A moment from now the agent mostly waits.
            channel.eventLoop.scheduleTask(in: .seconds(1)) { StartPages.release() }
        }
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(10))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            TLSHandler(context: context), FrameDecoder(maximumLength: FrameLimit.agent),
                            FrameEncoder(maximumLength: FrameLimit.agent),
                            ManagerLinkHandler(agent: agent, ended: ended),
                        ])
                    }
                }
                .connect(host: server.host, port: server.port).get()
            return (channel, ended.futureResult)
        } catch {
            // The handler may not have been there to end it.
            ended.succeed("the connection failed")
            throw error
        }
    }

    /// When the manager has welcomed the agent on a link.
    private final class Accepted: Sendable {
        private let moment = Mutex<ContinuousClock.Instant?>(nil)
        var since: ContinuousClock.Instant? { moment.withLock { $0 } }
        func note() { moment.withLock { $0 = .now } }
    }
}
