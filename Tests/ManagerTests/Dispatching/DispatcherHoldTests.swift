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
    @Test(arguments: [
        ("<limits><runs_per_minute>2</runs_per_minute></limits>", ""),
        ("", "<limits><concurrent>2</concurrent></limits>"),
    ])
    func `what is beyond a limit within one batch, and the same again after a restart`(
        _ options: String, _ global: String
    ) async throws {
        let fixture = try await DispatcherFixture(options, global: global)
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
        let fixture = try await DispatcherFixture(
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
        let fixture = try await DispatcherFixture("<require_approval>yes</require_approval><expires>5m</expires>")
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
        let fixture = try await DispatcherFixture("<require_approval>yes</require_approval><expires>5m</expires>")
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
        let fixture = try await DispatcherFixture(
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
