import ActiveResponse
import ConfigurationTree
import Daemon
import Foundation
import ManagerSettings
import Policy
import TLS

@testable import Manager

/// The operations of the API with a ledger of their own and no agent.
final class OperationsFixture {
    let operations: ControlOperations
    private let files: LedgerFixture
    private let folder: String

    init() async throws {
        files = try LedgerFixture(.sqlite)
        let ledger = try await files.ledger
        folder = NSTemporaryDirectory() + "edr-operations-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = ManagerConfiguration(sections: [], diagnostics: Diagnostics())
        let context = DecisionContext(policy: Policy(configuration.policy), agents: AgentDirectory([]))
        let registry = AgentRegistry([], context: context)
        let dispatcher = Dispatcher(
            ledger: ledger, context: context, alertsLog: AlertsLog(path: folder + "/alerts.log"),
            managerName: "manager", stopMark: StopMark(path: folder + "/stopped"), logger: .quiet)
        let home = Home(folder)
        try FileManager.default.createDirectory(atPath: home.tls, withIntermediateDirectories: true)
        let authorities = AuthorityDesk(
            home: home, identity: try ServerIdentity(.loadOrCreate(home: home), lifetime: 3600), registry: registry,
            ledger: ledger, dispatcher: dispatcher, logger: .quiet)
        let enrollment = EnrollmentDesk(
            authorities: authorities, certificateLifetime: 3600,
            ledger: ledger, registry: registry, dispatcher: dispatcher, managerName: "manager", logger: .quiet)
        operations = ControlOperations(
            ledger: ledger, dispatcher: dispatcher, registry: registry, context: context, enrollment: enrollment,
            authorities: authorities, tokensOfAPI: APITokens(try await ledger.apiTokens(), ledger: ledger),
            reloader: Reloader(
                file: nil, home: home, context: context, dispatcher: dispatcher, started: configuration,
                logger: .quiet),
            statistics: [],
            httpSource: HTTPAlertSource(
                context: context, statistics: SourceStatistics(name: "http"), logger: .quiet),
            sourcePaths: [],
            retention: Retention(ledger: ledger, settings: configuration.ledger, status: .init(), logger: .quiet),
            managerName: "manager", started: .now)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }
}
