import Daemon
import Foundation
import Hummingbird
import Logging
import ManagerSettings
import NIOCore
import ServiceLifecycle

/// Serves the control API on `run/manager.sock`, which only root and the group of the configuration can open.
struct ControlServer: Service {
    let home: Home
    let routes: ControlRoutes
    let group: SocketGroup?
    /// What members of the group may do.
    let groupRole: ControlRole
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        // The pid file's lock says that no other manager lives here, so a socket that is there is a leftover.
        unlink(home.controlSocket)
        let path = home.controlSocket
        // Its own words at the start would only repeat "Manager is ready".
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: routes.router(access: SocketAccess(groupRole: group == nil ? nil : groupRole)),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: "edr-manager/\(programVersion)"),
            onServerRunning: { _ in
                chmod(path, 0o600)
                do throws(DaemonError) {
                    try group?.admit(to: path, in: home.run)
                } catch {
                    logger.error("Control socket stays root's alone", metadata: .of([.error: error]))
                }
                readiness.opened()
            },
            logger: quiet)
        try await application.run()
        unlink(path)
    }
}
