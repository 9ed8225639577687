import Daemon
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS

/// Listens for agents.
struct AgentListener: Service {
    let address: String
    let port: Int
    let group: MultiThreadedEventLoopGroup
    let identity: ServerIdentity
    let desk: AgentDesk
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        let (identity, desk, logger) = (identity, desk, logger)
        let strangerLog = StrangerLog(logger: logger)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without descriptors nothing is accepted for a second, instead of trying without end.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                    try channel.pipeline.syncOperations.addHandler(StrangerDoor(gate: desk.strangers))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: identity.context),
                        ConnectionDoor(desk: desk, strangerLog: strangerLog, logger: logger),
                    ])
                }
            }
        let server: any Channel
        do {
            server = try await bootstrap.bind(host: address, port: port).get()
        } catch {
            throw DaemonError("cannot listen on \(address) port \(port): \(error)")
        }
        logger.notice("Agents are awaited", metadata: .of([.address: address, .port: port]))
        readiness.opened()
        try? await gracefulShutdown()
        try await server.close()
    }
}
