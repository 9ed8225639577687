import Daemon
import Logging
import ServiceLifecycle
import UnixSignals

/// On SIGHUP: opens the log file again (logrotate) and reloads the configuration.
struct HangupService: Service {
    let reloader: Reloader
    let log: DaemonLog
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(DaemonError) {
                try log.reopen()
            } catch {
                logger.error("Log file was not opened again", metadata: .of([.error: error]))
            }
            _ = await reloader.reload(by: "SIGHUP")
        }
    }
}
