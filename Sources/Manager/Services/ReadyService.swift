import Daemon
import Logging
import ServiceLifecycle

/// The last service to start and the first to stop: tells systemd and the log.
struct ReadyService: Service {
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        guard await readiness.wait() else { return }
        ServiceManagerNotifier.notify(.ready)
        logger.notice("Manager is ready", metadata: .of([.version: programVersion]))
        try? await gracefulShutdown()
        ServiceManagerNotifier.notify(.stopping)
        logger.notice("Manager is stopping")
    }
}
