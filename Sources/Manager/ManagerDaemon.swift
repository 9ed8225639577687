import ActiveResponse
import Audit
import ConfigurationTree
package import Daemon
import Logging
import ManagerSettings
import NIOCore
import NIOPosix
import Policy
import ServiceLifecycle
import TLS
import UnixSignals

/// The manager: puts its parts together, runs them until it is told to stop, and stops them in reverse order.
package struct ManagerDaemon {
    private let home: Home
    private let file: String?

    /// - Parameter file: the configuration file, or nil for the usual place in `etc`.
    package init(home: Home, configurationFile file: String?) {
        self.home = home
        self.file = file
    }

    /// Checks the configuration and says what it finds, one line each.
    ///
    /// - Returns: ``ExitStatus/done`` or ``ExitStatus/configuration``.
    package func testConfiguration(print: (String) -> Void) -> Int32 {
        load(print: print) == nil ? ExitStatus.configuration : ExitStatus.done
    }

    private func load(print: (String) -> Void) -> ManagerConfiguration? {
        let diagnostics = Diagnostics()
        let configuration = ManagerConfiguration.load(file: file, etc: home.etc, diagnostics: diagnostics)
        for diagnostic in diagnostics.all { print(diagnostic.description) }
        if configuration == nil {
            print("edr-manager: (1202): Configuration error at '\(file ?? home.etc)'. Correct the errors above")
        }
        return configuration
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Returns: the exit status.
    package func run(print: (String) -> Void) async -> Int32 {
        guard let configuration = load(print: print) else { return ExitStatus.configuration }
        do {
            try home.checkControlSocket()
            try home.createFolders()
            let pidFile = try PidFile(path: home.run + "/edr-manager.pid")
            defer { pidFile.remove() }
            let log = try DaemonLog(path: home.logs + "/edr-manager.log")
            let logger = log.logger(label: "manager", level: configuration.logLevel)
            do {
                try await run(configuration, log: log, logger: logger)
                return ExitStatus.done
            } catch {
                logger.critical("Manager stops", metadata: .of([.error: "\(error)"]))
                return ExitStatus.failed
            }
        } catch {
            print("edr-manager: \(error)")
            return ExitStatus.failed
        }
    }

    private func run(_ configuration: ManagerConfiguration, log: DaemonLog, logger: Logger) async throws {
        let started = ContinuousClock.now
        let name = configuration.name ?? LocalHost.name
        let ledger = try SQLiteLedger(path: home.ledger, logger: logger)
        let context = DecisionContext(policy: Policy(configuration.policy), agents: AgentDirectory([]))
        let registry = AgentRegistry(
            try await ledger.agents(), renewals: try await ledger.renewals(), context: context)
        let dispatcher = Dispatcher(
            ledger: ledger, context: context, alertsLog: AlertsLog(path: home.alertsLog), managerName: name,
            stopMark: StopMark(path: home.stopMark), logger: logger)
        try await dispatcher.resume()

        let identity = try ServerIdentity(
            .loadOrCreate(home: home), lifetime: configuration.certificateLifetime)
        let authorities = AuthorityDesk(
            home: home, identity: identity, registry: registry, ledger: ledger, dispatcher: dispatcher, logger: logger)
        let enrollment = EnrollmentDesk(
            authorities: authorities, certificateLifetime: configuration.certificateLifetime, ledger: ledger,
            registry: registry, dispatcher: dispatcher, managerName: name, logger: logger)
        let renewal = RenewalDesk(
            identity: identity, lifetime: configuration.certificateLifetime, ledger: ledger,
            registry: registry, logger: logger)
        let links = LinkEvents()
        let api = configuration.api
        // The doors that must be open before the manager calls itself ready: agents' port, control socket, API's port.
        let readiness = Readiness(doors: api.port == nil ? 2 : 3)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let listener = AgentListener(
            address: configuration.localAddress, port: configuration.port, group: group,
            identity: identity,
            desk: AgentDesk(
                registry: registry, enrollment: enrollment, renewal: renewal, events: links,
                strangers: StrangerGate(logger: logger), managerName: name),
            readiness: readiness, logger: logger)
        let local = LocalResponder(
            home: home, repeatedOffenders: configuration.policy.managerRepeatedOffenders.map(Int64.init),
            quietTime: configuration.policy.managerQuietTime, neverBlock: configuration.policy.managerNeverBlock,
            dispatcher: dispatcher, context: context, logger: logger
        )

        let positions = try await ledger.positions()
        var sources: [any Service] = []
        var statistics: [SourceStatistics] = []
        for source in configuration.sources {
            let counts = SourceStatistics(name: source.name)
            statistics.append(counts)
            sources.append(
                FileSource(
                    name: source.name, path: source.path, format: source.format, start: source.start,
                    savedPosition: positions[source.name], context: context, statistics: counts, logger: logger
                ) { batch, settled in dispatcher.take(batch, settled: settled) })
        }
        let httpStatistics = SourceStatistics(name: "http")
        statistics.append(httpStatistics)
        let reloader = Reloader(
            file: file, home: home, context: context, dispatcher: dispatcher, started: configuration, logger: logger)
        let retention = Retention(
            ledger: ledger, settings: configuration.ledger, status: .init(), logger: logger)
        let tokens = APITokens(try await ledger.apiTokens(), ledger: ledger)
        let operations = ControlOperations(
            ledger: ledger, dispatcher: dispatcher, registry: registry, context: context, enrollment: enrollment,
            authorities: authorities, tokensOfAPI: tokens, reloader: reloader, statistics: statistics,
            httpSource: HTTPAlertSource(context: context, statistics: httpStatistics, logger: logger),
            sourcePaths: configuration.sources.map(\.path), retention: retention, managerName: name, started: started)
        let routes = ControlRoutes(operations: operations)
        var control: [any Service] = [
            ControlServer(
                home: home, routes: routes, group: try api.socketGroup.map(SocketGroup.init(name:)),
                groupRole: api.socketRole, readiness: readiness, logger: logger)
        ]
        if let port = api.port {
            control.append(
                RemoteControlServer(
                    address: api.localAddress, port: port, context: { identity.controlContext }, routes: routes,
                    tokens: tokens,
                    readiness: readiness, logger: logger))
        }

        let checkpoints = AuditCheckpoints(
            ledger: ledger, log: CheckpointLog(path: home.auditLog), logger: logger)
        // Started in this order and stopped in the reverse one: nothing is taken in before it can be handed on.
        let services: [any Service] =
            [
                local,
                LinkPump(
                    events: links, dispatcher: dispatcher, registry: registry, authorities: authorities,
                    ledger: ledger, logger: logger),
                CertificateWatch(
                    desk: authorities, lifetime: configuration.certificateLifetime, clock: ContinuousClock(),
                    now: { CertificateAuthority.currentTime }),
                Housekeeping(dispatcher: dispatcher),
                HoldDeadlines(dispatcher: dispatcher, ledger: ledger, logger: logger), retention, checkpoints,
                listener,
            ] + control + sources + [
                LedgerRelease(ledger: ledger),
                HangupService(reloader: reloader, log: log, logger: logger),
                ReadyService(readiness: readiness, logger: logger),
            ]
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await serviceGroup.run()
        } catch {
            await ledger.close()
            throw error
        }
        await checkpoints.finish()
        await ledger.close()
        try await group.shutdownGracefully()
        logger.notice("Manager has stopped")
    }
}
