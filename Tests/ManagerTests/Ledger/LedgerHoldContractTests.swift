import ActiveResponse
import Testing

@testable import Manager

/// What every ledger keeps about held responses, the stop, and what limits count.
@Suite("Ledger contract: holds and the stop")
struct LedgerHoldContractTests {
    private func held(_ number: Int, deadline: Int64 = 9_000, approves: Bool = false) throws -> NewDispatch {
        var new = try NewDispatch.sample(number, state: .held)
        new.hold = Hold(reason: "too many", deadline: deadline, isApprovedByDefault: approves)
        return new
    }

    private func enroll(_ fixture: LedgerFixture) async throws {
        let token = EnrollmentGrant(hash: [1], created: 1, expires: 100_000, uses: 3)
        try await fixture.ledger.createToken(token, by: "uid 0")
        for name in ["a", "b"] {
            _ = try await fixture.ledger.enroll(EnrollmentApplication(tokenHash: [1], name: name, at: 2)) { id, _ in
                IssuedCertificate(serial: id, fingerprint: "f" + id, pem: "")
            }
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a held response says why and until when, as long as it is`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let (first, second) = (try held(1), try held(2, deadline: 5_000, approves: true))
            try await fixture.ledger.append([.dispatch(first), .dispatch(second), .dispatch(try .sample(3))])
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.hold == first.hold)
            #expect(
                try await fixture.ledger.dispatches(DispatchFilter(state: .held)).map(\.hold) == [
                    second.hold, first.hold,
                ])
            #expect(try await fixture.ledger.nextHoldDeadline() == 5_000)
            #expect(try await fixture.ledger.overdueHolds(at: 4_999, limit: 9).isEmpty)
            #expect(try await fixture.ledger.overdueHolds(at: 5_000, limit: 9) == [dispatchID(2)])
            #expect(try await fixture.ledger.overdueHolds(at: 9_000, limit: 1) == [dispatchID(1)])
            let ids = [try dispatchID(1), try dispatchID(3), try dispatchID(4)]
            let found = try await fixture.ledger.held(ids)
            #expect(
                found == [
                    ResponseOnHold(
                        id: ids[0], hold: try #require(first.hold), lifetime: 3_600_000, order: first.order)
                ])

            let denied = DispatchEvent(dispatch: ids[0], at: 1, name: "denied", state: .cancelled)
            try await fixture.ledger.append([.event(denied)])
            #expect(try await fixture.ledger.held(ids).isEmpty)
            #expect(try await fixture.ledger.dispatch(ids[0])?.hold == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a released response has a new order and time, once`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let id = try dispatchID(1)
            func release(_ byte: UInt8) -> LedgerChange {
                .release(
                    Release(
                        expires: 77_000 + Int64(byte), order: [byte],
                        event: DispatchEvent(dispatch: id, at: 70_000, name: "approved", state: .queued)))
            }
            try await fixture.ledger.append([.dispatch(try held(1))])
            try await fixture.ledger.append([release(1)])
            try await fixture.ledger.append([release(2)])
            let record = try await fixture.ledger.dispatch(id)
            #expect(record?.progress.state == .queued)
            #expect(record?.facts.expires == 77_001)
            #expect(try await fixture.ledger.order(id) == [1])
            #expect(try await fixture.ledger.queued().map(\.order) == [[1]])
            #expect(try await fixture.ledger.timeline(id).map(\.name) == ["decided", "held", "approved"])
            #expect(try await fixture.ledger.nextHoldDeadline() == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what limits count is what was let out and is not over`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await enroll(fixture)
            var changes: [LedgerChange] = [.dispatch(try held(1))]
            // 2 queued, 3 active, 4 done, 5 undo failed, 6 failed but to be undone, 7 of an agent that is not enrolled.
            changes += try (2...6).map { .dispatch(try .sample($0)) }
            changes.append(.dispatch(try .sample(7, agent: "077")))
            changes.append(.event(try report(3, "active", .active, sequence: 1)))
            changes.append(.event(try report(4, "done", .done, sequence: 2)))
            changes.append(.event(try report(5, "undo_failed", .undoFailed, sequence: 3)))
            var failed = try report(6, "failed", .failed, sequence: 4)
            failed.undoDue = 8_000
            changes.append(.event(failed))
            try await fixture.ledger.append(changes)

            let underWay = try await fixture.ledger.underWay()
            #expect(Set(underWay.map(\.id)) == Set(try [2, 3, 6].map { try dispatchID($0) }))
            #expect(underWay.first?.activeResponse == "firewall-drop#1")
            // Each was decided at 1000 + its number.
            #expect(try await fixture.ledger.recentRuns(since: 1_003).map(\.at) == [1_007, 1_006, 1_005, 1_004])
            #expect(try await fixture.ledger.recentRuns(since: 0).count == 6)

            let undoable = try await fixture.ledger.undoable(agent: nil, command: nil, after: 0, limit: 9)
            // Also where an undo failed: what was done may still be in force.
            #expect(undoable.map(\.order) == [[1, 2, 3, 3], [1, 2, 3, 5], [1, 2, 3, 6]])
            let rest = try await fixture.ledger.undoable(
                agent: "001", command: "firewall-drop", after: undoable[0].sequence, limit: 9)
            #expect(rest.map(\.order) == [[1, 2, 3, 5], [1, 2, 3, 6]])
            #expect(try await fixture.ledger.undoable(agent: "002", command: nil, after: 0, limit: 9).isEmpty)
            #expect(try await fixture.ledger.undoable(agent: nil, command: "x", after: 0, limit: 9).isEmpty)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `the stop is kept until it is taken back`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            #expect(try await fixture.ledger.stop() == nil)
            let stop = Stop(at: 5, by: "uid 0 (root)", reason: "a drill")
            try await fixture.ledger.append([.stop(stop)])
            #expect(try await fixture.ledger.stop() == stop)
            try await fixture.ledger.append([.stop(nil)])
            #expect(try await fixture.ledger.stop() == nil)
        }
    }
}
