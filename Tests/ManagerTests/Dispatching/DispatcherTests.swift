import ActiveResponse
import Policy
import Synchronization
import Testing

@testable import Manager

/// The dispatcher with a real ledger and recorded links.
@Suite struct `The dispatcher` {
    private let journal = "journal"

    @Test func `counts for its limits what an agent's journal has lost, and what it still has`() async throws {
        let fixture = try await DispatcherFixture("<limits><concurrent>2</concurrent></limits>")
        let link = RecordedLink()
        let dispatcher = fixture.dispatcher
        dispatcher.linkUp(link, agent: "001", journal: journal)
        let ids = try await fixture.take(1...2)
        try await fixture.report([.received, .started, .active], of: ids, over: link)
        #expect(try await fixture.states(try await fixture.take(3...3)) == [.held])
        // The host was installed anew.
        let next = RecordedLink()
        dispatcher.linkUp(next, agent: "001", journal: "new")
        dispatcher.summary(JournalSummary(total: 0, held: []), agent: "001", over: next)
        try await fixture.ledger.append([])
        #expect(try await fixture.states(ids) == [.unknown, .unknown])
        let more = try await fixture.take(4...4)
        #expect(try await fixture.states(more) == [.queued])
        // Back again, from a backup.
        let last = RecordedLink()
        dispatcher.linkUp(last, agent: "001", journal: journal)
        let held = ids.map { HeldDispatch(id: $0, stage: .active, undoDue: 99_000_000_000_000) }
        dispatcher.summary(JournalSummary(total: 2, held: held), agent: "001", over: last)
        try await fixture.ledger.append([])
        #expect(try await fixture.states(ids) == [.active, .active])
        #expect(try await fixture.states(try await fixture.take(6...6)) == [.held])
        await fixture.ledger.close()
    }

    @Test func `answers whoever sends an alert again only when the first one is kept`() async throws {
        let fixture = try await DispatcherFixture("", retryPause: .milliseconds(10))
        let intruder = try LedgerIntruder(path: fixture.files.path)
        let (answers, answer) = AsyncStream.makeStream(of: Int.self)
        let isAnswered = Mutex(false)
        let batch = try fixture.batch(1...1)
        for number in 1...2 {
            fixture.dispatcher.take(batch) { _ in
                isAnswered.withLock { $0 = true }
                answer.yield(number)
            }
        }
        #expect(!isAnswered.withLock { $0 })
        try await intruder.leave()
        var iterator = answers.makeAsyncIterator()
        #expect(await iterator.next() == 1)
        #expect(await iterator.next() == 2)
        await fixture.ledger.close()
    }

    @Test func `sends nothing by hand before it is kept, nor to an agent that was removed meanwhile`() async throws {
        let fixture = try await DispatcherFixture("", agents: 2, retryPause: .milliseconds(10))
        let dispatcher = fixture.dispatcher
        let agents = ["001", "002"]
        let links = agents.map { _ in RecordedLink() }
        for (agent, link) in zip(agents, links) { dispatcher.linkUp(link, agent: agent, journal: journal) }
        let orders = agents.map { agent in
            Order(
                id: .of(alertIdentity: [1], activeResponse: "c", agent: agent, action: "add"), command: "c",
                activeResponse: "c", executable: "c", alertID: "1.1", ruleID: "", agentName: "web", agentID: agent,
                timeout: 600)
        }
        let intruder = try LedgerIntruder(path: fixture.files.path)
        let run = Task { try await dispatcher.run(orders, author: "alice") }
        while fixture.ledger.queueDepth == 0 { await Task.yield() }
        #expect(links.flatMap(\.orders).isEmpty)
        dispatcher.context.changeAgents { $0.remove("002") }
        dispatcher.remove(agent: "002")
        try await intruder.leave()
        #expect(try await !run.value)
        #expect(links[0].orders.map(\.id) == [orders[0].id])
        #expect(links[1].orders.isEmpty)
        try await fixture.ledger.append([])
        #expect(try await fixture.states(orders.map(\.id)) == [.queued, .cancelled])
        #expect(dispatcher.pendingCount == 1)
        await fixture.ledger.close()
    }

    @Test func `draws no conclusion twice from a report that comes again`() async throws {
        let fixture = try await DispatcherFixture("")
        let dispatcher = fixture.dispatcher
        let (first, second) = (RecordedLink(), RecordedLink())
        dispatcher.linkUp(first, agent: "001", journal: journal)
        let ids = try await fixture.take(1...1)
        try await fixture.report([.received, .started, .active, .undoFailed], of: ids, over: first)
        let order = try #require(first.orders.first)
        try await dispatcher.undo([order], author: "alice", detail: "by alice")
        dispatcher.linkUp(second, agent: "001", journal: journal)
        // The acknowledgement was lost with the link.
        try await fixture.report([.received, .started, .active, .undoFailed], of: ids, over: second)
        #expect(dispatcher.pendingCount == 1)
        try await fixture.report([.undoing], of: ids, from: 5, over: second)
        #expect(dispatcher.pendingCount == 0)
        await fixture.ledger.close()
    }
}
