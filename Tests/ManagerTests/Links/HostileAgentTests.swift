import ActiveResponse
import AgentProtocol
import Audit
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `An enrolled agent that is hostile` {
    @Test func `neither stops the manager nor breaks its record`() async throws {
        let fixture = try await AgentConnectionFixture()
        let id = try dispatchID(1)
        try await fixture.ledger.append([.dispatch(.sample(1))])
        try await fixture.connect()
        try await fixture.hello()
        let reports = [
            ResponseEvent(
                sequence: 1, dispatchID: id, kind: .active, at: .max, exitStatus: 0, undoDue: .max, output: [0],
                detail: "a\0b"),
            ResponseEvent(
                sequence: 2, dispatchID: id, kind: .undoFailed, at: .min, undoDue: .min, retryAt: .max,
                output: [0x61, 0]),
            ResponseEvent(sequence: 3, dispatchID: .zero, kind: .received, at: 1),
        ]
        for report in reports { try await fixture.channel.writeInbound(Message.report(payload: report.encoded())) }
        let held = HeldDispatch(id: id, stage: .active, undoDue: .min)
        try await fixture.channel.writeInbound(
            Message.journalSummary(payload: JournalSummary(total: 1, held: [held]).encoded()))
        #expect(fixture.channel.isActive)
        try await fixture.pump()
        await fixture.ledger.flush()
        let timeline = try await fixture.ledger.timeline(id)
        #expect(timeline.map(\.name) == ["decided", "queued", "active", "undo_failed", "active"])
        #expect(timeline[2].detail.hasPrefix("a\u{FFFD}b"))
        #expect(try await fixture.ledger.dispatch(id)?.progress.undoDue == 1)
        #expect(try await fixture.ledger.changes(limit: 10).isEmpty)
        let checkpoints = CheckpointLog(path: fixture.ledgerPath + "-audit.log")
        try checkpoints.append(try await fixture.ledger.head(), at: 1)
        #expect(try LedgerVerifier(ledger: fixture.ledgerPath, checkpoints: checkpoints).verify().finding == nil)
    }
}
