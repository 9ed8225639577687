import ActiveResponse
import AgentProtocol
import NIOCore
import NIOEmbedded
import Testing
import Wire

@testable import Manager

@Suite struct `Reports of a newer agent` {
    /// A report of a kind that does not exist yet.
    private func unknown(_ sequence: UInt64) throws -> Message {
        var writer = FieldWriter(reserving: 64)
        writer.write(sequence, field: 1)
        writer.write(try dispatchID(1).bytes, field: 2)
        writer.write(UInt64(99), field: 3)
        writer.write(Int64(7), field: 4)
        writer.write("the future", field: 10)
        return .report(payload: writer.bytes)
    }

    private func known(_ sequence: UInt64) throws -> Message {
        .report(
            payload: ResponseEvent(sequence: sequence, dispatchID: try dispatchID(1), kind: .started, at: 5).encoded())
    }

    @Test(.timeLimit(.minutes(5))) func `are noted in the timeline, and acknowledged`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.ledger.append([.dispatch(.sample(1))])
        try await fixture.connect()
        try await fixture.hello()
        for message in [try known(1), try unknown(2)] { try await fixture.channel.writeInbound(message) }
        #expect(fixture.channel.isActive)
        try await fixture.pump()
        await fixture.ledger.flush()
        while try await fixture.channel.waitForOutboundWrite(as: Message.self) != .reportAck(throughSequence: 2) {}
        let timeline = try await fixture.ledger.timeline(dispatchID(1))
        #expect(timeline.map(\.name) == ["decided", "queued", "started", "unknown_event"])
        #expect(timeline.last?.detail == "kind 99: the future")
    }

    @Test func `that cannot be read at all take none with them that came before`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.ledger.append([.dispatch(.sample(1))])
        try await fixture.connect()
        try await fixture.hello()
        // In one read.
        fixture.channel.pipeline.fireChannelRead(try known(1))
        fixture.channel.pipeline.fireChannelRead(Message.report(payload: [0xFF]))
        fixture.channel.pipeline.fireChannelReadComplete()
        await fixture.channel.testingEventLoop.run()
        #expect(!fixture.channel.isActive)
        try await fixture.pump()
        await fixture.ledger.flush()
        #expect(try await fixture.ledger.timeline(dispatchID(1)).map(\.name) == ["decided", "queued", "started"])
    }
}

extension SQLiteLedger {
    /// Waits until everything that was enqueued is durable.
    func flush() async {
        try? await append([.position(source: "flush", value: "")])
    }
}
