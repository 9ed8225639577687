import ActiveResponse
import Audit
import Testing

@testable import Manager

/// Every way in which the ledger is written leaves a record that fits.
@Suite("The record of everything")
struct LedgerStoryTests {
    private static let by = "alice, uid 0 (root)"

    private func held(_ number: Int) throws -> NewDispatch {
        var new = try NewDispatch.sample(number, state: .held)
        new.hold = Hold(reason: "too many", deadline: 9_000, isApprovedByDefault: false)
        return new
    }

    private func release(_ number: Int) throws -> LedgerChange {
        .release(
            Release(
                expires: 77_000, order: [9, UInt8(number)],
                event: DispatchEvent(
                    dispatch: try dispatchID(number), at: 5_100, name: "approved", state: .queued,
                    detail: "by \(Self.by)")))
    }

    private func undo(_ number: Int, liftedUntil until: Int64) throws -> [LedgerChange] {
        let id = try dispatchID(number)
        let key = ResponseKey(command: "firewall-drop", user: "user \(number)", sourceAddress: nil, object: nil)
        return [
            .event(
                DispatchEvent(
                    dispatch: id, at: 6_000, name: "undo_requested", detail: "by \(Self.by)",
                    undoRequest: .made(by: Self.by))),
            .lift(Lift(agent: "001", key: key, dispatch: id, by: Self.by, at: 6_000, until: until)),
        ]
    }

    private func reported(
        _ number: Int, _ state: DispatchState, _ sequence: UInt64, due: Int64? = nil, retry: Int64? = nil
    ) throws -> LedgerChange {
        var event = try report(number, state.rawValue, state, sequence: sequence)
        event.undoDue = due
        event.undoRetry = retry
        return .event(event)
    }

    private func expectWhole(_ fixture: LedgerFixture, _ what: String) async throws {
        try await fixture.checkpoint()
        let finding = try fixture.verify().finding
        #expect(finding == nil, "after \(what): \(finding.map(\.description) ?? "")")
    }

    /// Writes everything that can be written and verifies after each step.
    private func tell(_ fixture: LedgerFixture) async throws {
        func append(_ what: String, _ changes: [LedgerChange]) async throws {
            try await fixture.ledger.append(changes)
            try await expectWhole(fixture, what)
        }
        let token = EnrollmentGrant(hash: [1], created: 1, expires: 100_000, uses: 3)
        try await fixture.ledger.createToken(token, by: Self.by)
        for name in ["a", "b"] {
            _ = try await fixture.ledger.enroll(EnrollmentApplication(tokenHash: [1], name: name, at: 2)) { id, _ in
                IssuedCertificate(serial: id, fingerprint: "f" + id, pem: "")
            }
        }
        #expect(try await fixture.ledger.renewCertificate(agent: "001", serial: "2", fingerprint: "g", authority: nil))
        try await expectWhole(fixture, "an enrollment")

        try await append("early reports", [reported(1, .delivered, 1), reported(1, .active, 2, due: 60_000)])
        try await append("their response", [.dispatch(.sample(1))])
        #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .active)

        try await append("holds", [.dispatch(held(2)), .dispatch(held(3)), .dispatch(held(4))])
        try await append("an approval", [release(2)])
        try await append(
            "a denial",
            [
                .event(
                    DispatchEvent(
                        dispatch: dispatchID(3), at: 5_200, name: "denied", state: .cancelled, detail: "by \(Self.by)"))
            ])
        try await append("an approval after the denial", [release(3)])

        let stop = Stop(at: 5_300, by: Self.by, reason: "a drill")
        try await append("stop-all", [.stop(stop), .event(.change("stopped", detail: stop.description, at: stop.at))])
        try await append("resume", [.stop(nil), .event(.change("resumed", detail: "by \(Self.by)", at: 5_400))])

        let numbers = Array(5...12)
        try await append("responses", numbers.map { .dispatch(try .sample($0)) })
        try await append(
            "expiry", [.event(DispatchEvent(dispatch: dispatchID(5), at: 5_500, name: "expired", state: .expired))])
        try await append(
            "reports",
            [
                reported(2, .active, 3, due: 60_000), reported(6, .active, 4, due: 60_000), reported(7, .running, 5),
                reported(8, .undone, 6), reported(9, .undoFailed, 7, due: 1, retry: 70_000),
                reported(10, .active, 8, due: 60_000), reported(11, .failed, 9, due: 60_000),
            ])
        let journal = Reconciliation(
            agent: "001", at: 5_600,
            held: [
                HeldDispatch(id: try dispatchID(1), stage: .active, undoDue: 60_000),
                HeldDispatch(id: try dispatchID(2), stage: .active, undoDue: 60_000),
                // Moved, in force again, in force though its script failed.
                HeldDispatch(id: try dispatchID(6), stage: .active, undoDue: 90_000),
                HeldDispatch(id: try dispatchID(8), stage: .active, undoDue: 90_000),
                HeldDispatch(id: try dispatchID(10), stage: .active, undoDue: 60_000),
                HeldDispatch(id: try dispatchID(11), stage: .active, undoDue: 90_000),
            ])
        try await append("reconciliation", [.reconcile(journal)])
        let found = journal.findings.value
        #expect([found.lost.count, found.active.count, found.moved, found.unknown.count] == [2, 1, 2, 0])

        // 10 is undone, and its lift still counts; of 6 the undo is asked for.
        try await append("undo-all", try undo(6, liftedUntil: 60_000) + undo(10, liftedUntil: 60_000))
        try await append("an undo", [reported(10, .undone, 10)])
        try await append(
            "a change by hand", [.event(.change("undo_all", detail: "2 responses, by \(Self.by)", at: 6_100))])

        try await append(
            "another agent's", [.dispatch(.sample(13, agent: "002")), .dispatch(.sample(14, agent: "002"))])
        var active = DispatchEvent(dispatch: try dispatchID(13), at: 6_200, name: "active", state: .active)
        active.undoDue = 1_000_000
        try await append("its report", [.event(active)])
        #expect(try await fixture.ledger.removeAgent("002", at: 6_300, by: Self.by))
        try await expectWhole(fixture, "the removal of an agent")
        try await append(
            "what it had",
            [
                .event(
                    DispatchEvent(
                        dispatch: dispatchID(14), at: 6_300, name: "cancelled", state: .cancelled,
                        detail: "the agent was removed")),
                .lost(agent: "002", at: 6_300, reason: "the agent was removed"),
            ])
        #expect(try await fixture.ledger.dispatch(dispatchID(13))?.progress.state == .unknown)
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `whatever is written, the record fits after it`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await tell(fixture)
            let changes = try await fixture.ledger.changes(limit: 100)
            #expect(
                changes.map(\.name) == [
                    "agent_removed", "undo_all", "resumed", "stopped", "certificate_renewed", "agent_enrolled",
                    "agent_enrolled", "token_created",
                ])
            #expect(changes.first?.detail == "agent 002 (b), by \(Self.by)")
            #expect(try await fixture.ledger.changes(limit: 2) == Array(changes.prefix(2)))
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what a hold, an undo or a lift needs is not removed, what a removed agent had is`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            try await tell(fixture)
            func numbers() async throws -> [UInt8] {
                try await fixture.ledger.dispatches(DispatchFilter()).compactMap(\.facts.id.bytes.first).sorted()
            }
            _ = try await fixture.ledger.removeAll(.before(50_000, scope: .all))
            try await expectWhole(fixture, "removal")
            // In force: 1, 2, 8, 11. Held: 4. Its undo asked for: 6. Its undo failed: 9. Lifted: 10. Waiting: 12.
            #expect(try await numbers() == [1, 2, 4, 6, 8, 9, 10, 11, 12])
            #expect(try await fixture.ledger.held([dispatchID(4)]).count == 1)
            #expect(try await fixture.ledger.lifts().count == 2)
            // Renewed just now, by the clock. That something was removed is no change by hand.
            #expect(try await fixture.ledger.changes(limit: 100).map(\.name) == ["certificate_renewed"])

            // When the lift is over, so is what it lifted; a hold that was answered goes with its response.
            try await fixture.ledger.append([reported(2, .undone, 20)])
            _ = try await fixture.ledger.removeAll(.before(60_000))
            #expect(try await numbers() == [1, 4, 6, 8, 9, 11, 12])
            try await fixture.ledger.append([release(4)])
            try await expectWhole(fixture, "an approval after the removal")
        }
    }

    @Test(arguments: [
        "UPDATE dispatch_hold SET hold_deadline = 1 WHERE hold_reason = 'too many'", "DELETE FROM dispatch_hold",
        "UPDATE dispatch_hold SET hold_approves = 1 WHERE hold_reason = 'too many'",
        "UPDATE dispatch SET expires = 88000 WHERE expires = 77000",
        "UPDATE dispatch_order SET encoded = x'0903' WHERE encoded = x'0902'",
        "UPDATE dispatch SET undo_retry = 80000 WHERE state = 'undo_failed'",
        "UPDATE event SET undo_retry = 80000 WHERE undo_retry IS NOT NULL",
    ])
    func `what holds, releases and undos tried again left cannot be changed`(sql: String) async throws {
        try await withLedger(.sqlite) { fixture in
            try await tell(fixture)
            try fixture.tamper(sql)
            #expect(try fixture.verify().finding != nil)
        }
    }
}
