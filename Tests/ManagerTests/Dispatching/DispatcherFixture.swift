import ActiveResponse
import Alerts
import ConfigurationTree
import Daemon
import Foundation
import Policy
import Testing

@testable import Manager

/// A dispatcher whose policy is one response of location `all` with these options; restarted at will.
final class DispatcherFixture {
    let files: LedgerFixture
    private let folder: String
    private let policy: Policy
    private let agents: AgentDirectory
    private(set) var dispatcher: Dispatcher
    private(set) var ledger: any Ledger

    init(
        _ options: String, global: String = "", agents: Int = 1, location: String = "local", retryPause: Duration? = nil
    ) async throws {
        files = try LedgerFixture(.sqlite, retryPause: retryPause)
        ledger = try await files.ledger
        let token = EnrollmentGrant(hash: [1], created: 1, expires: 100_000, uses: agents)
        try await ledger.createToken(token, by: "uid 0")
        var entries: [AgentDirectory.Entry] = []
        for number in 1...agents {
            let application = EnrollmentApplication(tokenHash: [1], name: "web-\(number)", at: 2)
            let enrolled = try await ledger.enroll(application) { id, _ in
                IssuedCertificate(serial: id, fingerprint: "f" + id, pem: "")
            }
            entries.append(.init(id: enrolled.agent.id, name: enrolled.agent.name))
        }
        self.agents = AgentDirectory(entries)
        folder = NSTemporaryDirectory() + "edr-holds-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let diagnostics = Diagnostics()
        let text = """
            <edr_config><global>\(global)</global><command><name>c</name><executable>c</executable>
            <timeout_allowed>yes</timeout_allowed></command><active-response><name>ban</name><command>c</command>
            <location>\(location)</location><level>1</level><timeout>600</timeout>\(options)</active-response>
            </edr_config>
            """
        let sections = ConfigurationFile.parse(
            Array(text.utf8), name: "f", format: .xml, diagnostics: diagnostics
        ).sections(named: PolicyDefinition.sectionNames, diagnostics: diagnostics)
        policy = Policy(PolicyDefinition(sections: sections, diagnostics: diagnostics))
        #expect(diagnostics.all.isEmpty)
        dispatcher = Self.dispatcher(ledger, policy, self.agents, folder)
        try await dispatcher.resume()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A new life of the manager, with what the ledger holds.
    func restart() async throws {
        dispatcher = Self.dispatcher(ledger, policy, agents, folder)
        try await dispatcher.resume()
    }

    private static func dispatcher(
        _ ledger: any Ledger, _ policy: Policy, _ agents: AgentDirectory, _ folder: String
    ) -> Dispatcher {
        Dispatcher(
            ledger: ledger, context: DecisionContext(policy: policy, agents: agents),
            alertsLog: AlertsLog(path: folder + "/alerts.log"), managerName: "manager",
            stopMark: StopMark(path: folder + "/stopped"), logger: .quiet)
    }

    /// Takes alerts of these numbers about agent `web-1` in one batch.
    @discardableResult
    func take(_ numbers: ClosedRange<Int>, agent: Int = 1) async throws -> [DispatchID] {
        try await dispatcher.takeDurably(batch(numbers, agent: agent))
    }

    /// Alerts of these numbers about an agent.
    func batch(_ numbers: ClosedRange<Int>, agent: Int = 1) throws -> SourceBatch {
        var fired: [FiredAlert] = []
        for number in numbers {
            let alert = try Alert(
                json: Array(
                    """
                    {"timestamp":"2025-04-13T15:25:01.482+0000","rule":{"level":10,"id":"5712","groups":["a"]},\
                    "agent":{"id":"00\(agent)","name":"web-\(agent)"},"manager":{"name":"m"},"id":"1.\(number)",\
                    "data":{"srcip":"198.51.100.\(number)"},"location":"x"}
                    """.utf8))
            fired.append(FiredAlert(alert: alert, decisions: policy.decide(alert, agents: agents)))
        }
        return SourceBatch(source: "test", fired: fired, position: nil)
    }

    /// Has agent 001 report the same of each of these dispatches, and waits until the ledger has it.
    ///
    /// - Parameter first: the number of the first report.
    func report(
        _ kinds: [ResponseEvent.Kind], of ids: [DispatchID], from first: UInt64 = 1, over link: any AgentLink
    ) async throws {
        var sequence = first
        for id in ids {
            for kind in kinds {
                let due: Int64? = [.started, .active].contains(kind) ? 99_000_000_000_000 : nil
                var event = ResponseEvent(dispatchID: id, kind: kind, at: 5, exitStatus: 0, undoDue: due)
                event.sequence = sequence
                sequence += 1
                dispatcher.reports([.event(event)], agent: "001", over: link)
            }
        }
        try await ledger.append([])
    }

    func states(_ ids: [DispatchID]) async throws -> [DispatchState?] {
        var states: [DispatchState?] = []
        for id in ids { states.append(try await ledger.dispatch(id)?.progress.state) }
        return states
    }
}

extension Dispatcher {
    /// Takes the reports of one agent.
    func reports(_ reports: [AgentReport], agent: String, over link: any AgentLink) {
        self.reports([ReportBatch(agent: agent, link: link, reports: reports)])
    }
}
