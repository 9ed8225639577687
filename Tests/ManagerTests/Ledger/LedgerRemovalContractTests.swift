import ActiveResponse
import Audit
import Testing

@testable import Manager

/// What every ledger keeps when the old is removed.
@Suite("Ledger contract: removal")
struct LedgerRemovalContractTests {
    @Test(arguments: LedgerImplementation.allCases)
    func `what is over and old goes, what is not over stays`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            // One in each state, by the way of the state machine: decided in it, or led there by a report.
            for (number, state) in DispatchState.allCases.enumerated() {
                try await fixture.ledger.append([
                    .dispatch(.sample(number, state: .queued)),
                    .event(report(number, "x", state, sequence: UInt64(number + 1))),
                ])
            }
            _ = try await fixture.ledger.removeAll(.before(50_000))
            var left: Set<DispatchState> = []
            for record in try await fixture.ledger.dispatches(DispatchFilter()) { left.insert(record.progress.state) }
            // A stateful response that failed or got lost without any undo to come is over too, and so is one whose undo
            // failed on an agent that is not enrolled. "held" cannot be reported: that one is queued.
            #expect(left == [.queued, .delivered, .running, .active, .undoing])
            try await fixture.checkpoint()
            let finding = try fixture.verify().finding
            #expect(finding == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a response whose undo failed stays until its agent is removed`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.enroll()
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .event(report(1, "undo_failed", .undoFailed, sequence: 1)),
            ])
            #expect(try await fixture.ledger.removeAll(.before(50_000, scope: .all)).responses == 0)
            #expect(try await fixture.ledger.removeAgent("001", at: 60, by: "root"))
            #expect(try await fixture.ledger.removeAll(.before(50_000)).responses == 1)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a response whose undo was left to another one goes after that one is over`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.enroll()
            func failed(_ number: Int, _ detail: String, retry: Int64? = nil) throws -> LedgerChange {
                var event = try report(number, "undo_failed", .undoFailed, sequence: UInt64(number))
                event.detail = detail
                event.undoRetry = retry
                return .event(event)
            }
            let successor = try dispatchID(7)
            try await fixture.ledger.append((1...4).map { .dispatch(try .sample($0)) })
            try await fixture.ledger.append([
                failed(1, Takeover.detail(by: successor)), failed(2, "given up after 8 attempts"),
                failed(3, Takeover.detail(by: dispatchID(2))),
                failed(4, Takeover.detail(by: successor), retry: 70_000), .dispatch(.sample(7, state: .active)),
            ])
            #expect(try await fixture.ledger.removeAll(.before(50_000)).responses == 0)
            try await fixture.ledger.append([.event(report(7, "undone", .undone, sequence: 9))])
            #expect(try await fixture.ledger.removeAll(.before(50_000)).responses == 2)
            let left = try await fixture.ledger.dispatches(DispatchFilter()).map(\.facts.id)
            #expect(try left == [dispatchID(4), dispatchID(3), dispatchID(2)])
            try await fixture.checkpoint()
            #expect(try fixture.verify().finding == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a response with an undo to come stays`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let failed = DispatchEvent(
                dispatch: try dispatchID(1), at: 5, name: "failed", state: .failed, undoDue: 6,
                report: ReportPosition(agent: "001", journal: "a", sequence: 1))
            let asked = DispatchEvent(
                dispatch: try dispatchID(2), at: 5, name: "undo_requested", undoRequest: .made(by: "root"))
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .event(failed), .dispatch(.sample(2, state: .done)), .event(asked),
            ])
            #expect(try await fixture.ledger.removeAll(.before(50_000)).responses == 0)
            #expect(try await fixture.ledger.dispatches(DispatchFilter()).count == 2)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `only what was last heard of before goes, unless room is needed`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            for number in 1...6 { try await fixture.ledger.append([.dispatch(.sample(number, state: .done))]) }
            // Made early, heard of late.
            try await fixture.ledger.append([.event(report(1, "restored", nil, sequence: 1, at: 40_000))])
            #expect(try await fixture.ledger.removeAll(.before(1_004)).responses == 2)
            let left = try await fixture.ledger.dispatches(DispatchFilter()).map(\.facts.id)
            #expect(left == [try dispatchID(6), try dispatchID(5), try dispatchID(4), try dispatchID(1)])
            // Room for one step: the oldest records first.
            let step = try await fixture.ledger.remove(.before(1_004, limit: 1, scope: .all))
            #expect(step.responses == 1)
            #expect(try await fixture.ledger.dispatch(dispatchID(1)) == nil)
            try await fixture.checkpoint()
            #expect(try fixture.verify().finding == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `where room is needed, reports without a response go first, whatever their time`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([.dispatch(.sample(1, state: .done))])
            for number in 10..<20 {
                try await fixture.ledger.append([
                    .event(report(number, "x", .done, sequence: UInt64(2 * number), at: 90_000)),
                    .event(report(number, "y", nil, sequence: UInt64(2 * number + 1), at: 90_000)),
                ])
            }
            // Its response comes after all.
            try await fixture.ledger.append([.dispatch(.sample(12))])
            let step = try await fixture.ledger.remove(.before(50_000, limit: 3, scope: .orphans))
            #expect(step.records == 4)
            #expect(step.next != nil)
            #expect(try await fixture.ledger.removeAll(.before(50_000, limit: 3, scope: .orphans)).records == 14)
            #expect(try await fixture.ledger.dispatches(DispatchFilter()).count == 2)
            #expect(try await fixture.ledger.timeline(dispatchID(12)).count == 4)
            for number in 10..<20 where number != 12 {
                #expect(try await fixture.ledger.timeline(dispatchID(number)).isEmpty)
            }
            // They are no ids that were removed.
            #expect(try await fixture.ledger.known([dispatchID(10)]).isEmpty)
            #expect(try await fixture.ledger.removeAll(.before(50_000, scope: .orphans)) == .init())
            try await fixture.checkpoint()
            #expect(try fixture.verify().finding == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `the id of what was removed is known until its time is over`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let id = try dispatchID(1)
            try await fixture.ledger.append([.dispatch(.sample(1, state: .done))])
            _ = try await fixture.ledger.removeAll(.before(50_000))
            #expect(try await fixture.ledger.dispatch(id) == nil)
            #expect(try await fixture.ledger.timeline(id).isEmpty)
            #expect(try await fixture.ledger.known([id]) == [id])
            #expect(try await fixture.ledger.dispatchIDs() == [id])
            // The same decision again, of an alert that came again.
            try await fixture.ledger.append([.dispatch(.sample(1))])
            #expect(try await fixture.ledger.queued().isEmpty)

            #expect(try await !fixture.ledger.forget(at: 150_000, limit: 10))
            #expect(try await fixture.ledger.known([id]) == [id])
            #expect(try await !fixture.ledger.forget(at: 150_001, limit: 10))
            #expect(try await fixture.ledger.known([id]).isEmpty)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `ids are forgotten piece by piece, those first whose time was over first`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            let ids = try (1...5).map(dispatchID)
            for number in 1...5 {
                try await fixture.ledger.append([.dispatch(.sample(number, state: .done))])
                let until = Int64(100 - number)
                _ = try await fixture.ledger.removeAll(
                    LedgerRemoval(before: 50_000, now: 50_000, rememberUntil: until))
            }
            #expect(try await fixture.ledger.forget(at: 99, limit: 2))
            #expect(try await fixture.ledger.known(ids) == Set(ids.prefix(3)))
            #expect(try await fixture.ledger.forget(at: 99, limit: 2))
            #expect(try await !fixture.ledger.forget(at: 99, limit: 2))
            #expect(try await fixture.ledger.known(ids) == Set(ids.prefix(1)))
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `gaps in the chain stay explained, however they come to lie`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            var generator = Seeded(state: 20_261_121)
            // Responses that are over and such that are not, mixed; removed piece by piece, some of them become over.
            for round in 0..<12 {
                for number in 0..<20 {
                    let state: DispatchState = Bool.random(using: &generator) ? .done : .queued
                    try await fixture.ledger.append([.dispatch(.sample(round * 100 + number, state: state))])
                }
                _ = try await fixture.ledger.remove(.before(Int64(1_000 + round * 100), limit: 7))
                for _ in 0..<8 {
                    let number =
                        Int.random(in: 0...round, using: &generator) * 100
                        + Int.random(in: 0..<20, using: &generator)
                    try await fixture.ledger.append([
                        .event(
                            DispatchEvent(
                                dispatch: try dispatchID(number), at: 1_500, name: "expired", state: .expired))
                    ])
                }
                try await fixture.checkpoint()
                let report = try fixture.verify()
                #expect(report.finding == nil, "round \(round)")
            }
            _ = try await fixture.ledger.removeAll(.before(90_000))
            #expect(try fixture.verify().finding == nil)
            #expect(try fixture.verify().removed > 0)
            #expect(try await fixture.ledger.dispatches(DispatchFilter(state: .done)).isEmpty)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `changes by hand are kept in the chain and go with age`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .event(.change("reloaded", detail: "by uid 0 (root)", at: 5)), .dispatch(.sample(1)),
            ])
            try await fixture.checkpoint()
            #expect(try fixture.verify().records == 3)
            #expect(try await fixture.ledger.removeAll(.before(50)).records == 1)
            #expect(try fixture.verify().finding == nil)
            #expect(try fixture.verify().removed == 1)
        }
    }
}

/// The same numbers in every run (xorshift).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension LedgerFixture {
    /// Enrolls agent 001.
    fileprivate func enroll() async throws {
        try await ledger.createToken(EnrollmentGrant(hash: [1], created: 1, expires: 100_000, uses: 1), by: "root")
        _ = try await ledger.enroll(EnrollmentApplication(tokenHash: [1], name: "web", at: 2)) { id, _ in
            IssuedCertificate(serial: id, fingerprint: "f", pem: "")
        }
    }
}
