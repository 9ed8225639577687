import ActiveResponse
import Testing

@testable import Manager

/// What every ledger does when it is compared with an agent's journal.
@Suite("Ledger contract: agents' journals")
struct ReconciliationTests {
    private static let at: Int64 = 9_000

    private func held(_ number: Int, _ stage: HeldDispatch.Stage = .active, due: Int64? = 65_000) throws -> HeldDispatch
    {
        HeldDispatch(id: try dispatchID(number), stage: stage, undoDue: due)
    }

    private func reconciliation(_ held: [HeldDispatch], agent: String = "001") -> Reconciliation {
        Reconciliation(agent: agent, at: Self.at, held: held)
    }

    private func state(_ number: Int, _ state: DispatchState, retry: Int64? = nil) throws -> LedgerChange {
        var event = try report(number, state.rawValue, state, sequence: UInt64(number))
        event.undoDue = 65_000
        event.undoRetry = retry
        return .event(event)
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what the journal does not know is unknown, and nothing else changes`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let states: [DispatchState] = [
                .queued, .delivered, .running, .active, .undoing, .undone, .done, .failed, .refused, .expired,
            ]
            try await fixture.ledger.append((0..<states.count).map { .dispatch(try .sample($0)) })
            try await fixture.ledger.append(
                states.enumerated().filter { $0.element != .queued }.map { try state($0.offset, $0.element) })
            try await fixture.ledger.append([.dispatch(.sample(20, agent: "002", state: .active))])
            let empty = reconciliation([])
            try await fixture.ledger.append([.reconcile(empty)])
            // A stateful one that failed is in force until its undo.
            #expect(empty.findings.value.lost.count == 5)
            for (number, before) in states.enumerated() {
                let isOpen = [.delivered, .running, .active, .undoing, .failed].contains(before)
                let record = try await fixture.ledger.dispatch(dispatchID(number))
                #expect(record?.progress.state == (isOpen ? .unknown : before), "\(before)")
            }
            #expect(try await fixture.ledger.dispatch(dispatchID(20))?.progress.state == .active)
            let last = try await fixture.ledger.timeline(dispatchID(3)).last
            #expect(last?.name == "unknown")
            #expect(last?.at == Self.at)
            #expect(last?.detail == "the agent's journal does not know it")
            // What the agent says later is better than that.
            try await fixture.ledger.append([.event(report(3, "undone", .undone, sequence: 100))])
            #expect(try await fixture.ledger.dispatch(dispatchID(3))?.progress.state == .undone)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what the journal holds as active is active, whatever the ledger had`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let states: [DispatchState] = [
                .queued, .delivered, .running, .active, .undoing, .undone, .expired, .cancelled, .unknown, .undoFailed,
            ]
            try await fixture.ledger.append(states.indices.map { .dispatch(try .sample($0, state: states[$0])) })
            let all = reconciliation(try states.indices.map { try held($0) } + [held(50), held(51, .running)])
            try await fixture.ledger.append([.reconcile(all)])
            for number in states.indices {
                let progress = try await fixture.ledger.dispatch(dispatchID(number))?.progress
                #expect(progress?.state == .active, "\(states[number])")
                #expect(progress?.undoDue == 65_000)
            }
            let differences = all.findings.value
            #expect(differences.active.count == 9)
            #expect(differences.lost.isEmpty)
            #expect(try differences.unknown == [dispatchID(50), dispatchID(51)])
            let again = reconciliation(all.held)
            try await fixture.ledger.append([.reconcile(again)])
            #expect(again.findings.value == .init(unknown: differences.unknown))
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `an agent says nothing about another one's, and what is under way is left to its reports`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .dispatch(.sample(2)), .dispatch(.sample(3, agent: "002")),
                state(1, .running), state(2, .failed),
            ])
            let some = reconciliation([try held(1, .undoing), try held(2), try held(3)])
            try await fixture.ledger.append([.reconcile(some)])
            #expect(some.findings.value.isEmpty)
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .running)
            #expect(try await fixture.ledger.dispatch(dispatchID(2))?.progress.state == .failed)
            #expect(try await fixture.ledger.dispatch(dispatchID(3))?.progress.state == .queued)
        }
    }

    @Test(arguments: LedgerImplementation.allCases, [Int64.min, .max])
    func `an undo time that no clock shows is another one`(_ implementation: LedgerImplementation, due: Int64)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([.dispatch(.sample(1)), .dispatch(.sample(2)), state(1, .active)])
            try await fixture.ledger.append([.event(report(2, "active", .active, sequence: 9))])
            let hostile = reconciliation([try held(1, due: due), try held(2, due: due)])
            try await fixture.ledger.append([.reconcile(hostile)])
            #expect(hostile.findings.value.moved == 2)
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.undoDue == due)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a stateful response that failed is given up with its agent`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .dispatch(.sample(2, stateful: false)), .dispatch(.sample(3)),
                state(1, .failed), state(2, .failed), .event(report(3, "failed", .failed, sequence: 3)),
            ])
            try await fixture.ledger.append([.lost(agent: "001", at: Self.at, reason: "removed")])
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .unknown)
            #expect(try await fixture.ledger.dispatch(dispatchID(2))?.progress.state == .failed)
            #expect(try await fixture.ledger.dispatch(dispatchID(3))?.progress.state == .failed)
            #expect(try await fixture.ledger.removeAll(.before(50_000)).responses == 3)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `an undo that nobody tries again says so`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([.dispatch(.sample(1)), .dispatch(.sample(2))])
            try await fixture.ledger.append([state(1, .undoFailed, retry: 70_000), state(2, .undoFailed)])
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.undoRetry == 70_000)
            let empty = reconciliation([])
            try await fixture.ledger.append([.reconcile(empty)])
            #expect(try empty.findings.value.lost == [dispatchID(1)])
            let progress = try await fixture.ledger.dispatch(dispatchID(1))?.progress
            #expect(progress?.state == .undoFailed)
            #expect(progress?.undoRetry == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what a removed agent had is given up`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .dispatch(.sample(2, agent: "000", state: .active)),
                .dispatch(.sample(3, agent: "002", state: .active)), state(1, .active),
            ])
            try await fixture.ledger.append([.lost(agent: "001", at: Self.at, reason: "removed")])
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .unknown)
            #expect(try await fixture.ledger.timeline(dispatchID(1)).last?.detail == "removed")
            #expect(try await fixture.ledger.dispatch(dispatchID(3))?.progress.state == .active)
            // The manager itself is never enrolled and never removed.
            try await fixture.ledger.append([.lost(agent: nil, at: Self.at, reason: "removed")])
            #expect(try await fixture.ledger.dispatch(dispatchID(2))?.progress.state == .active)
            #expect(try await fixture.ledger.dispatch(dispatchID(3))?.progress.state == .unknown)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a lift is kept until its end, one for each target`(_ implementation: LedgerImplementation) async throws {
        func lift(_ number: Int, user: String?, at: Int64, until: Int64) throws -> Lift {
            Lift(
                agent: "001", key: ResponseKey(command: "ban", user: user, sourceAddress: "192.0.2.7", object: nil),
                dispatch: try dispatchID(number), by: "alice", at: at, until: until)
        }
        try await withLedger(implementation) { fixture in
            let first = try lift(1, user: nil, at: 1, until: 100)
            let second = try lift(2, user: "eve", at: 2, until: 100)
            try await fixture.ledger.append([.lift(first), .lift(second)])
            #expect(try await fixture.ledger.lifts() == [first, second])
            let renewed = try lift(3, user: nil, at: 3, until: 300)
            try await fixture.ledger.append([.lift(renewed)])
            #expect(try await fixture.ledger.lifts() == [second, renewed])
            // Ended by hand: what is over by then is kept until it is forgotten.
            try await fixture.ledger.append([.lift(lift(4, user: "bob", at: 200, until: 200))])
            #expect(try await fixture.ledger.lifts() == [second, renewed])
            #expect(try await !fixture.ledger.forget(at: 200, limit: 10))
            #expect(try await fixture.ledger.lifts() == [renewed])
            // One whose undo is under way still counts.
            try await fixture.ledger.append([
                .dispatch(.sample(3, state: .active)),
                .event(
                    DispatchEvent(
                        dispatch: dispatchID(3), at: 200, name: "undo_requested", undoRequest: .made(by: "alice"))),
            ])
            #expect(try await !fixture.ledger.forget(at: 400, limit: 10))
            #expect(try await fixture.ledger.lifts() == [renewed])
        }
    }
}
