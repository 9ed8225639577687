import ActiveResponse
import AgentProtocol
import AgentSettings
import ConfigurationTree
import Daemon
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS
import UnixSignals

/// The agent: puts its parts together, runs them until it is told to stop, and stops them in reverse order.
struct AgentDaemon {
    let home: Home
    /// The configuration file, or nil for the usual place in `etc`.
    let file: String?

    /// Checks the configuration and says what it finds, one line each.
    ///
    /// - Returns: ``ExitStatus/done`` or ``ExitStatus/configuration``.
    func testConfiguration(print: (String) -> Void) -> Int32 {
        load(print: print) == nil ? ExitStatus.configuration : ExitStatus.done
    }

    private func load(print: (String) -> Void) -> AgentConfiguration? {
        let diagnostics = Diagnostics()
        let configuration = AgentConfiguration.load(file: file, etc: home.etc, diagnostics: diagnostics)
        for diagnostic in diagnostics.all { print(diagnostic.description) }
        if configuration == nil {
            print("edr-agent: (1202): Configuration error at '\(file ?? home.etc)'. Correct the errors above")
        }
        return configuration
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Returns: the exit status.
    func run(print: (String) -> Void) async -> Int32 {
        guard let configuration = load(print: print) else { return await undoWhatRemains(print: print) }
        do {
            try home.createFolders()
            let pidFile = try PidFile(path: home.run + "/edr-agent.pid")
            defer { pidFile.remove() }
            let log = try DaemonLog(path: home.logs + "/edr-agent.log")
            let logger = log.logger(label: "agent", level: configuration.logLevel)
            let credentials: AgentCredentials
            do throws(TLSError) {
                credentials = try AgentCredentials.load(home: home)
            } catch {
                logger.critical(
                    error.isMissingFile
                        ? "Agent is not enrolled; run edr-agent --enroll TOKEN --manager HOST:PORT"
                        : "Agent cannot use what it got when it enrolled; mend it, or enroll again",
                    metadata: .of([.error: error]))
                return await RemainingUndos(home: home, logger: logger, confirm: configuration.confirm).run()
            }
            do {
                try await run(configuration, credentials, log: log, logger: logger)
                return ExitStatus.done
            } catch {
                logger.critical("Agent stops", metadata: .of([.error: "\(error)"]))
                return ExitStatus.failed
            }
        } catch {
            print("edr-agent: \(error)")
            return ExitStatus.failed
        }
    }

    /// Goes on with the undos although the configuration has errors.
    ///
    /// - Returns: the exit status.
    private func undoWhatRemains(print: (String) -> Void) async -> Int32 {
        guard RemainingUndos.mayBeNeeded(in: home) else { return ExitStatus.configuration }
        do {
            try home.createFolders()
            let pidFile = try PidFile(path: home.run + "/edr-agent.pid")
            defer { pidFile.remove() }
            let defaults = AgentConfiguration(sections: [], diagnostics: Diagnostics())
            let logger = try DaemonLog(path: home.logs + "/edr-agent.log").logger(
                label: "agent", level: defaults.logLevel)
            return await RemainingUndos(home: home, logger: logger, confirm: defaults.confirm).run()
        } catch {
            print("edr-agent: \(error)")
            return ExitStatus.configuration
        }
    }

    private func run(
        _ configuration: AgentConfiguration, _ credentials: AgentCredentials, log: DaemonLog, logger: Logger
    ) async throws {
        let outbox = ReportOutbox()
        let watch = ReleaseWatch()
        let (probes, probe) = AsyncStream.makeStream(of: Int64.self)
        let addresses = ManagerAddressBook(path: home.state + "/manager-address", servers: configuration.servers)
        var settings = ResponseExecutor.Configuration(home: home.path)
        // From the first moment: what cut this host off is brought back before there is a link to the manager.
        settings.managerAddresses = addresses.known
        settings.repeatedOffenders = configuration.repeatedOffenders
        settings.quietTime = configuration.quietTime
        settings.keepsAuditLog = true
        settings.agentID = credentials.agentID
        settings.unacknowledgedLimit = 200_000
        settings.isDisabled = configuration.isDisabled
        settings.neverBlock = configuration.neverBlock
        settings.confirm = configuration.confirm
        settings.maximumIsolation = configuration.maximumIsolation
        if configuration.isDisabled { logger.warning("(1350): Active response disabled; every order is refused") }
        let executor = try ResponseExecutor(
            configuration: settings, logger: logger, onProbe: { probe.yield($0) },
            onNotice: { outbox.push($0) },
            onEvents: {
                outbox.push($0)
                $0.forEach(watch.note)
            })
        let hello = Hello(
            agentVersion: programVersion, agentName: HostFacts.hostName, hostname: HostFacts.hostName,
            osName: HostFacts.osName, bootID: HostFacts.bootID,
            journalID: try JournalIdentity.load(folder: home.state))
        try executor.start()
        // One thread carries one connection; more would only cost memory.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let identity = try AgentIdentity(home: home, credentials: credentials, logger: logger)
        if credentials.certificate.expiresAt <= CertificateAuthority.currentTime {
            logger.critical(
                "Certificate has expired, so the manager refuses this agent",
                metadata: .of([
                    .agent: credentials.agentID,
                    .reason: "enroll again, with a token of edr-control enroll token --id \(credentials.agentID)",
                ]))
        }
        let link = ManagerLinkService(
            group: group, identity: identity, hello: hello, executor: executor, outbox: outbox, addresses: addresses,
            logger: logger)
        let onStop = CurrentOnStop(configuration.onStop)
        let prober = ManagerProbe(
            requests: probes, addresses: addresses, group: group, identity: identity, executor: executor,
            logger: logger)
        let release = ReleaseService(
            path: home.agentSocket, group: group,
            release: LocalRelease(executor: executor, watch: watch, logger: logger), logger: logger)
        let hangup = AgentHangupService(
            daemon: self, started: configuration, executor: executor, onStop: onStop, log: log, logger: logger)
        ServiceManagerNotifier.notify(.ready)
        logger.notice("Agent is running", metadata: .of([.agent: credentials.agentID, .version: programVersion]))
        let undoing = UndoOnStopService(executor: executor, onStop: onStop, logger: logger)
        let services: [any Service] = [release, prober, link, hangup, undoing]
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await serviceGroup.run()
        } catch {
            await executor.stop()
            throw error
        }
        ServiceManagerNotifier.notify(.stopping)
        await executor.stop()
        try await group.shutdownGracefully()
        logger.notice("Agent has stopped; what is active stays active and is undone in time by the next start")
    }

    /// Takes over what can change while the agent runs.
    fileprivate func reload(
        started: AgentConfiguration, executor: ResponseExecutor, onStop: CurrentOnStop, logger: Logger
    ) {
        let diagnostics = Diagnostics()
        guard let new = AgentConfiguration.load(file: file, etc: home.etc, diagnostics: diagnostics) else {
            for diagnostic in diagnostics.all where diagnostic.severity == .error {
                logger.error("Configuration is invalid", metadata: .of([.error: diagnostic]))
            }
            return logger.error("(1202): Configuration error: it was not reloaded; the old one stays in force")
        }
        executor.update(repeatedOffenders: new.repeatedOffenders, quietTime: new.quietTime)
        executor.update(isDisabled: new.isDisabled)
        onStop.value = new.onStop
        executor.update(neverBlock: new.neverBlock)
        executor.update(maximumIsolation: new.maximumIsolation)
        if new.servers != started.servers {
            logger.warning("Changes of client take effect at the next start")
        }
        if new.confirm != started.confirm {
            logger.warning("A change of confirm takes effect at the next start")
        }
        logger.notice("Configuration was reloaded")
    }
}

/// On SIGHUP: opens the log file again (logrotate) and reloads the configuration.
private struct AgentHangupService: Service {
    let daemon: AgentDaemon
    let started: AgentConfiguration
    let executor: ResponseExecutor
    let onStop: CurrentOnStop
    let log: DaemonLog
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(DaemonError) {
                try log.reopen()
            } catch {
                logger.error("Log file was not opened again", metadata: .of([.error: error]))
            }
            daemon.reload(started: started, executor: executor, onStop: onStop, logger: logger)
        }
    }
}

extension TLSError {
    /// Whether there is no such file.
    fileprivate var isMissingFile: Bool {
        if case .file(_, _, ENOENT) = self { true } else { false }
    }
}
