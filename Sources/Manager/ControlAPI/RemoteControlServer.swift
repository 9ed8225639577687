import Daemon
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import TLS

/// Serves the control API over TLS to whoever has an API token.
struct RemoteControlServer: Service {
    let address: String
    let port: Int
    /// What the next connection is accepted with: the manager's certificate may be another one then.
    let context: @Sendable () -> TLSContext
    let routes: ControlRoutes
    let tokens: APITokens
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        let strangers = StrangerGate(logger: logger)
        let log = StrangerLog(logger: logger)
        // Its own words at the start would only repeat ours.
        var quiet = logger
        quiet.logLevel = .warning
        let context = context
        let application = Application(
            router: routes.router(access: TokenAccess(tokens: tokens, strangers: strangers, log: log)),
            server: HTTPServerBuilder { responder in
                TLSChannel(
                    base: HTTP1Channel(responder: responder, configuration: Self.bounds), context: context,
                    strangers: strangers, log: log)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port), serverName: "edr-manager/\(programVersion)"),
            onServerRunning: { _ in
                logger.notice("Control API is served", metadata: .of([.address: address, .port: port]))
                readiness.opened()
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw DaemonError("cannot listen on \(address) port \(port) for the control API: \(error)")
        }
    }

    /// What one connection may send before a request's body, and how long it may be idle.
    private static var bounds: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
    }
}
