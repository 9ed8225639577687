import ActiveResponse
import AgentProtocol
import ConfigurationTree
import Daemon
import Foundation
import NIOCore
import NIOEmbedded
import Policy
import Testing

@testable import Manager
@testable import TLS

/// The manager's side of one agent's connection on an event loop without time of its own, with everything behind it.
///
/// What answers from other threads comes to the loop when it comes: the loop is one that may be used from any.
final class AgentConnectionFixture {
    static let fingerprint = Fingerprint([UInt8](repeating: 7, count: Fingerprint.byteCount))

    let registry: AgentRegistry
    let dispatcher: Dispatcher
    let events = LinkEvents()
    let strangers = StrangerGate(logger: .quiet)
    let channel = NIOAsyncTestingChannel()
    let desk: AgentDesk
    let ledger: SQLiteLedger
    let authorities: AuthorityDesk
    var ledgerPath: String { files.path }
    private let files: LedgerFixture
    private let folder: String

    init() async throws {
        files = try LedgerFixture(.sqlite)
        ledger = try #require(try await files.ledger as? SQLiteLedger)
        folder = NSTemporaryDirectory() + "edr-links-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/etc/tls", withIntermediateDirectories: true)
        let fingerprint = try #require(Self.fingerprint)
        let policy = PolicyDefinition(sections: [], diagnostics: Diagnostics())
        let context = DecisionContext(policy: Policy(policy), agents: AgentDirectory([]))
        registry = AgentRegistry([.sample("001", fingerprint: fingerprint.description)], context: context)
        dispatcher = Dispatcher(
            ledger: ledger, context: context, alertsLog: AlertsLog(path: folder + "/alerts.log"),
            managerName: "manager", stopMark: StopMark(path: folder + "/stopped"), logger: .quiet)
        let identity = try ServerIdentity(
            Authorities(issuing: CertificateAuthority.loadOrCreate(directory: folder)), lifetime: 3600)
        authorities = AuthorityDesk(
            home: Home(folder), identity: identity, registry: registry, ledger: ledger, dispatcher: dispatcher,
            logger: .quiet)
        let enrollment = EnrollmentDesk(
            authorities: authorities, certificateLifetime: 3600, ledger: ledger, registry: registry,
            dispatcher: dispatcher, managerName: "manager", logger: .quiet)
        desk = AgentDesk(
            registry: registry, enrollment: enrollment,
            renewal: RenewalDesk(
                identity: identity, lifetime: 3600, ledger: ledger, registry: registry, logger: .quiet),
            events: events, strangers: strangers, managerName: "manager")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Opens the connection.
    func connect() async throws {
        let fingerprint = try #require(Self.fingerprint)
        try await channel.testingEventLoop.executeInContext { [channel, desk] in
            try channel.pipeline.syncOperations.addHandler(
                AgentConnectionHandler(
                    peer: .init(commonName: "001", serial: "1", fingerprint: fingerprint, expiresAt: .max),
                    desk: desk, logger: .quiet))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1))
    }

    /// Takes what the agent says first.
    func hello() async throws {
        try await channel.writeInbound(
            Message.hello(
                Hello(
                    protocolVersion: 1, agentVersion: "1", agentName: "web", hostname: "web", osName: "Linux",
                    bootID: "b", journalID: "a")))
    }

    /// Hands what happened on the connection to the dispatcher until there is no more.
    func pump() async throws {
        events.finish()
        try await runPump()
    }

    /// Hands on what happens on the connection until it is told to stop.
    func runPump() async throws {
        try await LinkPump(
            events: events, dispatcher: dispatcher, registry: registry, authorities: authorities, ledger: ledger,
            logger: .quiet
        ).run()
    }

    /// Everything that was sent to the agent.
    func sent() async throws -> [Message] {
        await channel.testingEventLoop.run()
        var messages: [Message] = []
        while let message = try await channel.readOutbound(as: Message.self) { messages.append(message) }
        return messages
    }
}

extension AgentRecord {
    static func sample(_ id: String, fingerprint: String) -> AgentRecord {
        AgentRecord(
            id: id, name: "web-\(id)", certificateSerial: "1", certificateFingerprint: fingerprint, created: 1)
    }
}
