import ActiveResponse
import Audit
import Testing

@testable import Manager

/// What every ledger keeps about responses and positions.
@Suite("Ledger contract: responses")
struct LedgerContractTests {
    @Test(arguments: LedgerImplementation.allCases)
    func `what an agent reports of another one's response is left out`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let foreign = ReportPosition(agent: "002", journal: "x", sequence: 1)
            let early = ReportPosition(agent: "002", journal: "x", sequence: 2)
            func undone(_ number: Int, _ report: ReportPosition) throws -> LedgerChange {
                .event(
                    DispatchEvent(
                        dispatch: try dispatchID(number), at: 1, name: "undone", state: .undone, report: report))
            }
            try await fixture.ledger.append([.dispatch(.sample(1)), undone(1, foreign)])
            try await fixture.ledger.append([undone(2, early)])
            try await fixture.ledger.append([.dispatch(.sample(2))])
            for number in 1...2 {
                let id = try dispatchID(number)
                #expect(try await fixture.ledger.dispatch(id)?.progress.state == .queued)
                #expect(try await fixture.ledger.timeline(id).map(\.name) == ["decided", "queued"])
            }
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a new dispatch comes back with facts, state and timeline`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let new = try NewDispatch.sample(1)
            try await fixture.ledger.append([.dispatch(new)])

            let record = try await fixture.ledger.dispatch(new.facts.id)
            #expect(record?.facts == new.facts)
            #expect(record?.progress == DispatchProgress(state: .queued))
            #expect(try await fixture.ledger.timeline(new.facts.id) == new.events)
            #expect(try await fixture.ledger.order(new.facts.id) == new.order)
            #expect(try await fixture.ledger.dispatch(dispatchID(2)) == nil)
            #expect(try await fixture.ledger.order(dispatchID(2)) == nil)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a text with a zero character is kept whole, and the record fits`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let id = try dispatchID(1)
            let facts = DispatchFacts(
                id: id, command: "a\0b", activeResponse: "c\0d", agentID: "001", agentName: "e\0f", alertID: "g\0h",
                ruleID: "i\0j", user: "\0", sourceAddress: "k\0l", filename: "m\0n", created: 1, expires: nil,
                isStateful: true)
            let new = NewDispatch(
                facts: facts, order: [1],
                events: [DispatchEvent(dispatch: id, at: 1, name: "held", state: .held, detail: "o\0p")],
                hold: Hold(reason: "q\0r", deadline: 5, isApprovedByDefault: false))
            try await fixture.ledger.append([.dispatch(new)])
            try await fixture.ledger.append([
                .event(
                    DispatchEvent(
                        dispatch: id, at: 2, name: "undo_requested", detail: "s\0t", undoRequest: .made(by: "u\0v")))
            ])
            try await fixture.checkpoint()
            let finding = try fixture.verify().finding
            #expect(finding == nil, "\(finding.map(\.description) ?? "")")
            let record = try #require(try await fixture.ledger.dispatch(id))
            #expect(record.facts.command == "a\u{FFFD}b")
            #expect(record.facts.user == "\u{FFFD}")
            #expect(record.facts.filename == "m\u{FFFD}n")
            #expect(record.hold?.reason == "q\u{FFFD}r")
            #expect(record.progress.undoRequestedBy == "u\u{FFFD}v")
            let key = ResponseKey(command: "a", user: "w\0x", sourceAddress: nil, object: nil)
            let lift = Lift(agent: "001", key: key, dispatch: id, by: "y\0z", at: 3, until: 9)
            try await fixture.ledger.append([.lift(lift), .lift(lift)])
            #expect(try await fixture.ledger.lifts().map(\.key.user) == ["w\u{FFFD}x"])
            #expect(try await fixture.ledger.timeline(id).map(\.detail) == ["o\u{FFFD}p", "s\u{FFFD}t"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a failure without an undo to come has none, whatever was said before`(
        _ implementation: LedgerImplementation
    ) async throws {
        try await withLedger(implementation) { fixture in
            var started = try report(1, "started", .running, sequence: 1)
            started.undoDue = 65_000
            let failed = try report(1, "failed", .failed, sequence: 2)
            try await fixture.ledger.append([.dispatch(.sample(1)), .event(started), .event(failed)])
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress == DispatchProgress(state: .failed))
            #expect(try await fixture.ledger.underWay().isEmpty)
            // In force, though its script failed.
            started = try report(2, "started", .running, sequence: 3)
            var active = try report(2, "failed", .failed, sequence: 4)
            active.undoDue = 66_000
            try await fixture.ledger.append([.dispatch(.sample(2)), .event(started), .event(active)])
            #expect(try await fixture.ledger.dispatch(dispatchID(2))?.progress.undoDue == 66_000)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a request to undo is kept until the agent acts on it`(_ implementation: LedgerImplementation) async throws {
        func request(_ number: Int, _ change: UndoRequestChange = .made(by: "alice")) throws -> LedgerChange {
            .event(
                DispatchEvent(dispatch: try dispatchID(number), at: 2_000, name: "undo_requested", undoRequest: change))
        }
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append((1...5).map { .dispatch(try .sample($0)) })
            try await fixture.ledger.append(
                (1...5).map { .event(try report($0, "active", .active, sequence: UInt64($0))) })
            try await fixture.ledger.append((1...4).map { try request($0) })
            let asked = try await fixture.ledger.undoRequests()
            #expect(asked.map(\.by) == ["alice", "alice", "alice", "alice"])
            #expect(asked.first?.order == (try NewDispatch.sample(1).order))
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .active)

            try await fixture.ledger.append([
                .event(report(1, "undoing", .undoing, sequence: 11)),
                .event(report(2, "undo_failed", .undoFailed, sequence: 12)),
                request(3, .dropped),
            ])
            #expect(try await fixture.ledger.undoRequests().map(\.id) == [dispatchID(4)])
            #expect(try await fixture.ledger.dispatch(dispatchID(4))?.progress.undoRequestedBy == "alice")
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `the same dispatch again changes nothing`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let new = try NewDispatch.sample(1)
            try await fixture.ledger.append([.dispatch(new), .event(report(1, "started", .running, sequence: 1))])
            let again = try NewDispatch.sample(1, state: .cancelled)
            try await fixture.ledger.append([.dispatch(again), .dispatch(again)])

            #expect(try await fixture.ledger.dispatch(new.facts.id)?.progress.state == .running)
            let names = try await fixture.ledger.timeline(new.facts.id).map(\.name)
            #expect(names == ["decided", "queued", "started"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `only committed ids are known`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([.dispatch(.sample(1)), .dispatch(.sample(3))])
            let asked = try [1, 2, 3].map(dispatchID)
            let ledger = try await fixture.ledger
            #expect(try ledger.known(asked) == Set([dispatchID(1), dispatchID(3)]))
            #expect(try ledger.known([]).isEmpty)
            let all = try await fixture.ledger.dispatchIDs()
            #expect(try Set(all) == [dispatchID(1), dispatchID(3)])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `events move the state and fill in the result`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let id = try dispatchID(1)
            try await fixture.ledger.append([.dispatch(.sample(1))])
            var finished = try report(1, "active", .active, sequence: 3, at: 5_020)
            finished.exitStatus = 0
            finished.durationMilliseconds = 12
            finished.undoDue = 65_000
            finished.output = Array("dropped\n".utf8)
            try await fixture.ledger.append([
                .event(report(1, "delivered", .delivered, sequence: 1, at: 5_001)),
                .event(report(1, "started", .running, sequence: 2, at: 5_008)),
                .event(finished),
            ])

            let record = try await fixture.ledger.dispatch(id)
            #expect(record?.progress.state == .active)
            #expect(record?.progress.deliveredAt == 5_001)
            #expect(record?.progress.exitStatus == 0)
            #expect(record?.progress.durationMilliseconds == 12)
            #expect(record?.progress.undoDue == 65_000)
            #expect(record?.output == Array("dropped\n".utf8))

            var prolonged = DispatchEvent(dispatch: id, at: 6_000, name: "undo due changed")
            prolonged.undoDue = 99_000
            try await fixture.ledger.append([.event(prolonged)])
            #expect(try await fixture.ledger.dispatch(id)?.progress.undoDue == 99_000)
            #expect(try await fixture.ledger.dispatch(id)?.output == Array("dropped\n".utf8))
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a late event is history and leaves the state`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            var done = try report(1, "done", .done, sequence: 1)
            done.exitStatus = 0
            var late = try report(1, "started", .running, sequence: 2)
            late.exitStatus = 9
            try await fixture.ledger.append([.dispatch(.sample(1)), .event(done), .event(late)])

            let progress = try await fixture.ledger.dispatch(dispatchID(1))?.progress
            #expect(progress?.state == .done)
            #expect(progress?.exitStatus == 0)
            #expect(try await fixture.ledger.timeline(dispatchID(1)).map(\.name).suffix(2) == ["done", "started"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a report that is sent again is recorded once`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let reports = try [
                report(1, "started", .running, sequence: 7), report(1, "done", .done, sequence: 9),
            ].map(LedgerChange.event)
            try await fixture.ledger.append([.dispatch(.sample(1))] + reports)
            try await fixture.ledger.append(reports)

            #expect(try await fixture.ledger.timeline(dispatchID(1)).map(\.name).suffix(2) == ["started", "done"])
            #expect(try await fixture.ledger.timeline(dispatchID(1)).count == 4)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a new journal counts its reports from the beginning`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .event(report(1, "started", .running, sequence: 5)),
                .event(report(1, "unknown", .unknown, sequence: 1, journal: "b")),
                .event(report(1, "started", .running, sequence: 5)),
            ])
            #expect(try await fixture.ledger.timeline(dispatchID(1)).count == 4)
            #expect(try await fixture.ledger.dispatch(dispatchID(1))?.progress.state == .unknown)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `of an agent's journals the two that were used last are remembered`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            func say(_ sequence: UInt64, _ journal: String) throws -> LedgerChange {
                .event(try report(1, journal, nil, sequence: sequence, journal: journal))
            }
            try await fixture.ledger.append([.dispatch(.sample(1))])
            for change in try [say(5, "a"), say(5, "b"), say(6, "a"), say(5, "c"), say(6, "a"), say(5, "c")] {
                try await fixture.ledger.append([change])
            }
            #expect(try await fixture.ledger.timeline(dispatchID(1)).map(\.name).suffix(4) == ["a", "b", "a", "c"])
            // Names without end take no room: the first one is forgotten by now.
            for number in 0..<20 { try await fixture.ledger.append([say(5, "j\(number)")]) }
            try await fixture.ledger.append([say(5, "j18"), say(5, "j19"), say(5, "a")])
            #expect(try await fixture.ledger.timeline(dispatchID(1)).map(\.name).suffix(2) == ["j19", "a"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `what an agent reports of no response at all is left out`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let position = ReportPosition(agent: "001", journal: "a", sequence: 1)
            try await fixture.ledger.append([
                .event(DispatchEvent(dispatch: .zero, at: 1, name: "reloaded", report: position))
            ])
            #expect(try await fixture.ledger.timeline(.zero).isEmpty)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `reports that come before their dispatch count for its state`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            var done = try report(1, "done", .done, sequence: 2)
            done.output = [0x21]
            try await fixture.ledger.append([.event(report(1, "started", .running, sequence: 1)), .event(done)])
            #expect(try await fixture.ledger.dispatch(dispatchID(1)) == nil)

            try await fixture.ledger.append([.dispatch(.sample(1))])
            let record = try await fixture.ledger.dispatch(dispatchID(1))
            #expect(record?.progress.state == .done)
            #expect(record?.output == [0x21])
            #expect(try await fixture.ledger.queued().isEmpty)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a list is newest first, filtered and limited`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .dispatch(.sample(2, agent: "002")), .dispatch(.sample(3)),
                .dispatch(.sample(4, state: .held)), .dispatch(.sample(5, agent: "002", state: .held)),
            ])
            func numbers(_ filter: DispatchFilter) async throws -> [UInt8] {
                try await fixture.ledger.dispatches(filter).compactMap(\.facts.id.bytes.first)
            }
            #expect(try await numbers(DispatchFilter()) == [5, 4, 3, 2, 1])
            #expect(try await numbers(DispatchFilter(limit: 2)) == [5, 4])
            #expect(try await numbers(DispatchFilter(agent: "001")) == [4, 3, 1])
            #expect(try await numbers(DispatchFilter(state: .queued)) == [3, 2, 1])
            #expect(try await numbers(DispatchFilter(agent: "002", state: .held)) == [5])
            #expect(try await fixture.ledger.counts() == [.queued: 3, .held: 2])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `active are all that are in force, or may be`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let states: [DispatchState] = [
                .queued, .delivered, .running, .active, .undoing, .undoFailed, .undone, .done, .failed, .failed,
                .unknown,
            ]
            for (index, state) in states.enumerated() {
                let number = index + 1
                try await fixture.ledger.append([.dispatch(.sample(number, stateful: index != 9))])
                guard state != .queued else { continue }
                try await fixture.ledger.append([
                    .event(
                        DispatchEvent(
                            dispatch: dispatchID(number), at: 1, name: state.rawValue, state: state,
                            undoDue: index != 9 && state == .failed ? 10 : nil))
                ])
            }
            let inForce = try await fixture.ledger.dispatches(DispatchFilter(state: .active))
            #expect(inForce.map(\.progress.state) == [.failed, .undoFailed, .undoing, .active])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `queued are those whose order still has to travel, oldest first`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            let all = try (1...5).map { try NewDispatch.sample($0) } + [.sample(6, state: .held)]
            try await fixture.ledger.append(all.map(LedgerChange.dispatch))
            try await fixture.ledger.append([
                .event(report(1, "started", .running, sequence: 1)),
                .event(report(2, "delivered", .delivered, sequence: 2)),
                .event(DispatchEvent(dispatch: dispatchID(4), at: 1, name: "cancelled", state: .cancelled)),
            ])
            let queued = try await fixture.ledger.queued()
            #expect(queued.compactMap(\.id.bytes.first) == [3, 5])
            #expect(queued.first?.order == all[2].order)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `ids are found by the beginning of their digits`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(0x0012)), .dispatch(.sample(0x0112)), .dispatch(.sample(0x13)),
            ])
            let (first, second) = (try dispatchID(0x0012), try dispatchID(0x0112))
            #expect(try await fixture.ledger.dispatchIDs(prefix: "12", limit: 5) == [first, second])
            #expect(try await fixture.ledger.dispatchIDs(prefix: "12", limit: 1) == [first])
            #expect(try await fixture.ledger.dispatchIDs(prefix: "1201", limit: 5) == [second])
            #expect(try await fixture.ledger.dispatchIDs(prefix: "120", limit: 5) == [first, second])
            #expect(try await fixture.ledger.dispatchIDs(prefix: first.description, limit: 5) == [first])
            #expect(try await fixture.ledger.dispatchIDs(prefix: "12zz", limit: 5) == [])
            let tooLong = String(repeating: "1", count: 33)
            #expect(try await fixture.ledger.dispatchIDs(prefix: tooLong, limit: 5) == [])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `the last position of each source is kept`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            #expect(try await fixture.ledger.positions().isEmpty)
            try await fixture.ledger.append([
                .position(source: "alerts.json", value: "1"), .position(source: "other", value: "{}"),
            ])
            try await fixture.ledger.append([.position(source: "alerts.json", value: "2")])
            #expect(try await fixture.ledger.positions() == ["alerts.json": "2", "other": "{}"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `many callers at once all get their commit`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let ledger = try await fixture.ledger
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await ledger.append([
                            .dispatch(.sample(number)), .position(source: "s\(number % 3)", value: "\(number)"),
                        ])
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.ledger.counts() == [.queued: 200])
            #expect(try await fixture.ledger.queueDepth == 0)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `after closing every call fails as closed`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let ledger = try await fixture.ledger
            await ledger.close()
            await #expect(throws: LedgerError.closed) { try await ledger.append([.position(source: "a", value: "")]) }
            await #expect(throws: LedgerError.closed) { _ = try await ledger.counts() }
            await #expect(throws: LedgerError.closed) { _ = try await ledger.removeAgent("001", at: 1, by: "root") }
        }
    }
}
