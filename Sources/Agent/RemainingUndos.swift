import ActiveResponse
import AgentSettings
import Daemon
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// What an agent still does that cannot run: undo in time what is in force on this host.
///
/// Nobody else would. A mistake in the configuration, or credentials that are gone, must not make bans hold for ever.
struct RemainingUndos {
    let home: Home
    let logger: Logger
    /// How long a response that may cut this host off is left unconfirmed; nobody confirms one now.
    let confirm: Duration

    /// Whether the home has a journal; without one there is nothing to undo, and nothing is to be made in it.
    static func mayBeNeeded(in home: Home) -> Bool { access(home.state + "/journal", F_OK) == 0 }

    /// Works until nothing is in force any more, or it is told to stop.
    ///
    /// - Returns: ``ExitStatus/configuration``; ``ExitStatus/failed`` when something is left, so that a service manager
    ///   starts the agent again.
    func run() async -> Int32 {
        guard Self.mayBeNeeded(in: home) else { return ExitStatus.configuration }
        do {
            let watch = ReleaseWatch()
            let events = watch.events()
            var settings = ResponseExecutor.Configuration(home: home.path)
            settings.onlyUndoes = true
            settings.keepsAuditLog = true
            settings.confirm = confirm
            let executor = try ResponseExecutor(configuration: settings, logger: logger) { $0.forEach(watch.note) }
            try executor.start()
            if await Self.isLeft(executor) {
                logger.critical("Agent cannot run until that is corrected; what is in force is still undone in time")
                ServiceManagerNotifier.notify(.undoing)
                try await wait(executor, watch, events)
            }
            let isLeft = await Self.isLeft(executor)
            await executor.stop()
            return isLeft ? ExitStatus.failed : ExitStatus.configuration
        } catch {
            logger.critical("What is in force is not undone", metadata: .of([.error: "\(error)"]))
            return ExitStatus.configuration
        }
    }

    private func wait(
        _ executor: ResponseExecutor, _ watch: ReleaseWatch, _ events: AsyncStream<ResponseEvent>
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let release = ReleaseService(
            path: home.agentSocket, group: group,
            release: LocalRelease(executor: executor, watch: watch, logger: logger), logger: logger)
        let services: [any Service] = [release, LastUndo(executor: executor, events: events)]
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                // A reload ends it too: the next start reads what was corrected.
                gracefulShutdownSignals: [.sigterm, .sigint, .sighup], logger: logger))
        try await serviceGroup.run()
        try await group.shutdownGracefully()
    }

    /// Whether there is anything to undo or to wait for; orders that wait are not run here.
    fileprivate static func isLeft(_ executor: ResponseExecutor) async -> Bool {
        await executor.active().contains { $0.phase != .waiting }
    }
}

/// Ends when nothing is in force any more.
private struct LastUndo: Service {
    let executor: ResponseExecutor
    let events: AsyncStream<ResponseEvent>

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await event in events where event.kind.endsResponse {
                guard await RemainingUndos.isLeft(executor) else { return }
            }
        }
    }
}
