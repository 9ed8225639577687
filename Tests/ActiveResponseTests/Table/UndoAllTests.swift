import ActiveResponse
import Testing

@Suite struct UndoAllTests {
    @Test func `everything in force is undone, also what is just being applied, and nothing new begins`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.submit(order(2, address: "198.51.100.2", timeout: 600))
        machine.submit(order(3, address: "198.51.100.3"))
        machine.undoAll()
        #expect(machine.isRunning(.delete, dispatch(1)))
        #expect(!machine.table.isUndone)
        machine.end(dispatch(1))
        machine.end(dispatch(2))
        #expect(machine.isRunning(.delete, dispatch(2)))
        machine.submit(order(4, address: "198.51.100.4", timeout: 600))
        #expect(!machine.isRunning(.add, dispatch(4)))
        #expect(!machine.table.isUndone)
        machine.end(dispatch(2))
        // The stateless one runs on, and is not waited for.
        #expect(machine.table.isUndone)
        var next = machine.restarted(survivors: [dispatch(3): .add])
        #expect(next.isRunning(.add, dispatch(4)))
        next.end(dispatch(3))
        #expect(next.kinds().contains(.finished))
    }

    @Test func `what fails is not waited for and comes at the next start`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.undoAll()
        machine.end(dispatch(1), status: 1)
        #expect(machine.table.isUndone)
        let next = machine.restarted()
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `what was not undone in time comes at the next start`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.submit(order(2, address: "198.51.100.2", timeout: 600))
        machine.undoAll()
        #expect(!machine.table.isUndone)
        let next = machine.restarted(compacted: compacted)
        for number in 1...2 as ClosedRange<UInt8> { #expect(next.isRunning(.delete, dispatch(number))) }
    }

    @Test func `the summary tells where everything stands`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.submit(order(2, address: "198.51.100.2", timeout: 600))
        machine.submit(order(3, address: "198.51.100.2"))
        machine.submit(order(4, address: "198.51.100.4", timeout: 1))
        machine.end(dispatch(4))
        machine.pass(1)
        // The clock is set; what is told is its time of now.
        machine.now.wall += 3_600_000
        var held = machine.table.held(at: machine.now)
        #expect(held.map(\.id) == (1...4 as ClosedRange<UInt8>).map { dispatch($0) })
        #expect(held.map(\.stage) == [.active, .running, .waiting, .undoing])
        #expect(held[0].undoDue == machine.now.wall + 599_000)
        #expect(held[2].undoDue == nil)
        machine.end(dispatch(4), status: 1)
        held = machine.table.held(at: machine.now)
        #expect(held.last?.stage == .undoFailed)
        #expect(machine.takeEvents().last?.retryAt == machine.now.wall + 5000)
        let told = machine.table.orders(of: [dispatch(9), dispatch(1)], at: machine.now)
        #expect(told.map(\.order) == [order(1, timeout: 600)])
        #expect(told.first?.held == held.first)
    }
}

@Suite struct JournalSummaryTests {
    @Test func `parts come back as they were, thousands in several`() throws {
        #expect(JournalSummary.parts(of: []) == [JournalSummary(total: 0, held: [])])
        let held: [HeldDispatch] = (0..<4500).map { (number: Int) -> HeldDispatch in
            let identity = [UInt8(number & 255), UInt8(number >> 8)]
            let id = DispatchID.of(alertIdentity: identity, activeResponse: "", agent: "", action: "")
            return HeldDispatch(
                id: id, stage: number.isMultiple(of: 2) ? .active : .running,
                undoDue: number == 0 ? nil : Int64(number))
        }
        let parts = JournalSummary.parts(of: held)
        #expect(parts.map(\.held.count) == [2000, 2000, 500])
        #expect(parts.flatMap(\.held) == held)
        for part in parts {
            #expect(part.total == 4500)
            #expect(part.encoded().count < 100_000)
            #expect(try JournalSummary(encoded: part.encoded()) == part)
        }
        let order = HeldOrder(
            held: HeldDispatch(id: dispatch(1), stage: .active, undoDue: 5), order: order(1, timeout: 5))
        #expect(try HeldOrder(encoded: order.encoded()) == order)
    }

    @Test func `nothing damaged crashes the reading`() {
        var generator = SystemRandomNumberGenerator()
        let order = HeldOrder(
            held: HeldDispatch(id: dispatch(1), stage: .active, undoDue: 5), order: order(1, timeout: 5))
        let part = JournalSummary(total: 1, held: [order.held])
        for whole in [order.encoded(), part.encoded()] {
            for _ in 0..<2000 {
                var bytes = whole
                bytes[.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                bytes.removeLast(.random(in: 0...bytes.count, using: &generator))
                _ = try? JournalSummary(encoded: bytes)
                _ = try? HeldOrder(encoded: bytes)
            }
        }
        #expect(throws: (any Error).self) { try HeldOrder(encoded: part.encoded()) }
    }
}
