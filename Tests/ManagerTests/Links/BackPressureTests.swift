import ActiveResponse
import AgentProtocol
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Manager

@Suite struct `An agent's connection` {
    /// A connection that is up, with a counter of how often the socket was asked for more.
    private func connected() async throws -> (AgentConnectionFixture, ReadCounter) {
        let fixture = try await AgentConnectionFixture()
        let counter = ReadCounter()
        try await fixture.channel.pipeline.addHandler(counter)
        try await fixture.connect()
        try await fixture.hello()
        return (fixture, counter)
    }

    private func sendReport(_ sequence: UInt64, to fixture: AgentConnectionFixture) async throws {
        let event = ResponseEvent(sequence: sequence, dispatchID: try dispatchID(1), kind: .received, at: 1)
        try await fixture.channel.writeInbound(Message.report(payload: event.encoded()))
    }

    /// Asks for more as the socket does.
    private func read(_ fixture: AgentConnectionFixture) async {
        fixture.channel.read()
        await fixture.channel.testingEventLoop.run()
    }

    private func set(writable: Bool, _ fixture: AgentConnectionFixture) async {
        fixture.channel.isWritable = writable
        fixture.channel.pipeline.fireChannelWritabilityChanged()
        await fixture.channel.testingEventLoop.run()
    }

    @Test func `is not read while too many of its reports are not in the ledger`() async throws {
        let (fixture, counter) = try await connected()
        for sequence in 1...7 { try await sendReport(UInt64(sequence), to: fixture) }
        await read(fixture)
        #expect(counter.count == 1)
        try await sendReport(8, to: fixture)
        await read(fixture)
        #expect(counter.count == 1)
        // Whoever is not read cannot be heard, and is not held to be dead for it.
        await fixture.channel.testingEventLoop.advanceTime(by: .seconds(60))
        #expect(fixture.channel.isActive)
        let pings = try await fixture.sent().filter { message in if case .ping = message { true } else { false } }
        #expect(pings.count >= 4)
        try await fixture.channel.writeOutbound(Message.reportAck(throughSequence: 1))
        #expect(counter.count == 2)
    }

    @Test func `is not read while too much of what it tells of its journal is not taken`() async throws {
        let (fixture, counter) = try await connected()
        let held = HeldDispatch(id: try dispatchID(1), stage: .active, undoDue: 1)
        let part = JournalSummary(total: 1 << 30, held: [held])
        for _ in 1...7 { try await fixture.channel.writeInbound(Message.journalSummary(payload: part.encoded())) }
        await read(fixture)
        #expect(counter.count == 1)
        try await fixture.channel.writeInbound(Message.journalSummary(payload: part.encoded()))
        for _ in 0..<1000 { await read(fixture) }
        #expect(counter.count == 1)
        try await fixture.pump()
        await fixture.channel.testingEventLoop.run()
        #expect(counter.count == 2)
    }

    @Test func `is not read while too many dispatches that it tells are not taken`() async throws {
        let (fixture, counter) = try await connected()
        let order = Order(
            id: try dispatchID(1), command: "ban", activeResponse: "ban", executable: "ban", alertID: "1", ruleID: "1",
            agentName: "web", agentID: "001")
        let told = HeldOrder(held: HeldDispatch(id: order.id, stage: .active, undoDue: 1), order: order)
        for _ in 1...8 { try await fixture.channel.writeInbound(Message.description(payload: told.encoded())) }
        await read(fixture)
        #expect(counter.count == 0)
        try await fixture.pump()
        await fixture.channel.testingEventLoop.run()
        #expect(counter.count == 1)
    }

    @Test func `is not read while the agent does not read, and is closed in the end`() async throws {
        let (fixture, counter) = try await connected()
        await set(writable: false, fixture)
        await read(fixture)
        #expect(counter.count == 0)
        await fixture.channel.testingEventLoop.advanceTime(by: .seconds(19))
        #expect(fixture.channel.isActive)
        await fixture.channel.testingEventLoop.advanceTime(by: .seconds(2))
        #expect(!fixture.channel.isActive)
    }

    @Test func `goes on when the agent reads again`() async throws {
        let (fixture, counter) = try await connected()
        await set(writable: false, fixture)
        await read(fixture)
        await set(writable: true, fixture)
        #expect(counter.count == 1)
    }

    @Test func `passes on one sign of life a second at most`() async throws {
        let (fixture, _) = try await connected()
        for nonce in 1...1000 { try await fixture.channel.writeInbound(Message.ping(nonce: UInt64(nonce))) }
        var signs = 0
        for event in await fixture.events.next() { if case .heard = event { signs += 1 } }
        #expect(signs == 1)
    }

    @Test func `is cut when links before it left too many reports`() async throws {
        let (fixture, _) = try await connected()
        let intruder = try LedgerIntruder(path: fixture.ledgerPath)
        let link = RemoteLink(agentID: "001", fingerprint: "x", channel: fixture.channel)
        fixture.dispatcher.linkUp(link, agent: "001", journal: "a")
        let event = ResponseEvent(sequence: 1, dispatchID: try dispatchID(1), kind: .received, at: 1)
        for _ in 1...64 { fixture.dispatcher.reports([.event(event)], agent: "001", over: link) }
        #expect(fixture.dispatcher.isUp(link, agent: "001"))
        fixture.dispatcher.reports([.event(event)], agent: "001", over: link)
        #expect(!fixture.dispatcher.isUp(link, agent: "001"))
        try await intruder.leave()
        await fixture.ledger.close()
    }
}

/// Counts how often the socket is asked for more.
private final class ReadCounter: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = Message

    private let reads = Atomic<Int>(0)

    var count: Int { reads.load(ordering: .relaxed) }

    func read(context: ChannelHandlerContext) {
        reads.add(1, ordering: .relaxed)
        context.read()
    }
}
