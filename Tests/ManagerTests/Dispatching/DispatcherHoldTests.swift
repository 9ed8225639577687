import ActiveResponse
import Alerts
import ConfigurationTree
import Daemon
import Foundation
import Policy
import Testing

@testable import Manager

/// What the dispatcher holds, with a real ledger and without any agent.
@Suite struct `The dispatcher holds` {
    /// A dispatcher whose policy is one response of location `all` with these options; restarted at will.
    private final class Fixture {
        private let files: LedgerFixture
        private let folder: String
        private let policy: Policy
        private let agents: AgentDirectory
        private(set) var dispatcher: Dispatcher
        private(set) var ledger: any Ledger

        init(_ options: String, global: String = "", agents: Int = 1, location: String = "local") async throws {
            files = try LedgerFixture(.sqlite)
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
                alertsLog: AlertsLog(path: folder + "/alerts.log"), managerName: "manager", logger: .quiet)
        }

        /// Takes alerts of these numbers about agent `web-1` in one batch.
        @discardableResult
        func take(_ numbers: ClosedRange<Int>, agent: Int = 1) async throws -> [DispatchID] {
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
            return try await dispatcher.takeDurably(SourceBatch(source: "test", fired: fired, position: nil))
        }

        func states(_ ids: [DispatchID]) async throws -> [DispatchState?] {
            var states: [DispatchState?] = []
            for id in ids { states.append(try await ledger.dispatch(id)?.progress.state) }
            return states
        }
    }

    @Test(arguments: [
        ("<limits><runs_per_minute>2</runs_per_minute></limits>", ""),
        ("", "<limits><concurrent>2</concurrent></limits>"),
    ])
    func `what is beyond a limit within one batch, and the same again after a restart`(
        _ options: String, _ global: String
    ) async throws {
        let fixture = try await Fixture(options, global: global)
        let ids = try await fixture.take(1...4)
        #expect(try await fixture.states(ids) == [.queued, .queued, .held, .held])
        // An alert that is read again is the same dispatch, and one more is still too many.
        try await fixture.restart()
        #expect(try await fixture.take(1...4) == ids)
        let more = try await fixture.take(5...5)
        #expect(try await fixture.states(ids + more) == [.queued, .queued, .held, .held, .held])
        #expect(try await fixture.ledger.timeline(ids[2]).map(\.name) == ["decided", "held"])
        #expect(fixture.dispatcher.pendingCount == 2)
        await fixture.ledger.close()
    }

    @Test func `a share of the fleet, whatever the agents`() async throws {
        let fixture = try await Fixture(
            "<limits><fleet_share>34%</fleet_share></limits>", agents: 6, location: "all")
        // The manager, and six agents of which two are allowed.
        let ids = try await fixture.take(1...1)
        #expect(ids.count == 7)
        let states = try await fixture.states(ids)
        #expect(states.filter { $0 == .queued }.count == 3)
        #expect(states.filter { $0 == .held }.count == 4)
        // Those two again are free.
        let again = try await fixture.states(try await fixture.take(2...2))
        #expect(again == states)
        await fixture.ledger.close()
    }

    @Test func `of two answers at the same time one counts`() async throws {
        let fixture = try await Fixture("<require_approval>yes</require_approval><expires>5m</expires>")
        let ids = try await fixture.take(1...20)
        let dispatcher = fixture.dispatcher
        async let approved = dispatcher.approve(ids, by: "a")
        async let denied = dispatcher.deny(ids.reversed(), by: "b")
        let (yes, no) = (try await approved, try await denied)
        #expect(yes.isDisjoint(with: no))
        #expect(yes.union(no) == Set(ids))
        for id in ids {
            let record = try await fixture.ledger.dispatch(id)
            #expect(record?.progress.state == (yes.contains(id) ? .queued : .cancelled))
            #expect(try await fixture.ledger.timeline(id).count == 3)
        }
        #expect(dispatcher.pendingCount == yes.count)
        #expect(try await dispatcher.approve(ids, by: "c").isEmpty)
        await fixture.ledger.close()
    }

    @Test func `an approved order is as old as its approval, its alert as old as it was`() async throws {
        let fixture = try await Fixture("<require_approval>yes</require_approval><expires>5m</expires>")
        let id = try #require(try await fixture.take(1...1).first)
        let before = try Order(encoded: try #require(try await fixture.ledger.order(id)))
        let earliest = Timestamp.now() + 300_000
        #expect(try await fixture.dispatcher.approve([id], by: "a") == [id])
        let after = try Order(encoded: try #require(try await fixture.ledger.order(id)))
        #expect(after.expiresAt >= earliest)
        #expect(after.alertRaisedAt == before.alertRaisedAt)
        #expect(try await fixture.ledger.dispatch(id)?.facts.expires == after.expiresAt)
        await fixture.ledger.close()
    }

    @Test func `while everything is stopped no default answer makes anything run`() async throws {
        let fixture = try await Fixture(
            "<require_approval>yes</require_approval><approval_deadline>1s</approval_deadline>"
                + "<approval_default>approve</approval_default>")
        let ids = try await fixture.take(1...2)
        _ = try await fixture.dispatcher.stopAll(Stop(at: 1, by: "a", reason: "b"))
        #expect(try await fixture.dispatcher.approve(ids, by: "c").isEmpty)
        try await fixture.restart()
        #expect(fixture.dispatcher.stop == Stop(at: 1, by: "a", reason: "b"))
        let deadlines = HoldDeadlines(dispatcher: fixture.dispatcher, ledger: fixture.ledger, logger: .quiet)
        let service = Task { try await deadlines.run() }
        while try await fixture.ledger.counts()[.held] != nil { try await Task.sleep(for: .milliseconds(20)) }
        service.cancel()
        _ = try? await service.value
        #expect(try await fixture.states(ids) == [.cancelled, .cancelled])
        #expect(fixture.dispatcher.pendingCount == 0)
        await fixture.ledger.close()
    }
}
