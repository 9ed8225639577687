import ActiveResponse
import Testing

/// What a journal says that lost a record in its middle.
@Suite(.timeLimit(.minutes(5))) struct DamagedJournalTests {
    private let now = Moment(wall: 1_750_000_000_000, boot: 1_000_000)

    private func resumed(_ records: [JournalRecord]) -> (table: ResponseTable, actions: [ResponseAction]) {
        var table = ResponseTable(bootID: "boot")
        for record in records { table.replay(record) }
        let actions = table.resume(at: now)
        return (table, actions)
    }

    @Test func `an active response whose start was lost is undone after its time, and its repeat is settled`() {
        let (first, second) = (order(1, timeout: 600), order(2, timeout: 600))
        var (table, actions) = resumed([.order(first), .active(first.id), .order(second)])
        #expect(!actions.contains { if case .run = $0 { true } else { false } })
        #expect(table.dispatches[second.id] == nil)
        #expect(table.nextDue == now.boot + 600_000)
        actions = table.advance(to: Moment(wall: now.wall + 600_000, boot: now.boot + 600_000))
        #expect(actions.contains(.run(Run(action: .delete, order: first, timeout: 600))))
    }

    @Test func `an undo whose start was lost is undone, not begun anew`() {
        let first = order(1, timeout: 600)
        let (_, actions) = resumed([.order(first), .undoing(first.id)])
        #expect(actions.contains(.run(Run(action: .delete, order: first, timeout: 600))))
        #expect(!actions.contains(.run(Run(action: .add, order: first, timeout: 600))))
    }
}
