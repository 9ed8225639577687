import ActiveResponse
import Testing

@Suite struct PauseTests {
    @Test func `nothing new starts while it is paused, in order afterwards`() {
        var machine = TableMachine()
        machine.pause(true)
        machine.submit(order(1, address: "203.0.113.1"))
        machine.submit(order(2, address: "203.0.113.2"))
        #expect(machine.runs.isEmpty)
        #expect(machine.kinds() == [.received, .received])
        machine.pause(false)
        #expect(machine.runs.map(\.order.id) == [dispatch(1), dispatch(2)])
    }

    @Test func `what is in force is still undone, and a repeat prolongs nothing`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.end(dispatch(1))
        machine.pause(true)
        machine.submit(order(2, timeout: 600))
        machine.pass(11)
        #expect(machine.runs.map(\.action) == [.delete])
        machine.end(dispatch(1))
        #expect(machine.runs.isEmpty)
        machine.pause(false)
        #expect(machine.runs.map(\.order.id) == [dispatch(2)])
    }

    @Test func `an undo does not wait behind what is kept waiting`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1))
        machine.pause(true)
        machine.submit(order(2, timeout: 600))
        machine.submit(order(1).undone())
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.runs.isEmpty)
        machine.pause(false)
        #expect(machine.running == ["add \(dispatch(2))"])
    }

    @Test func `what waits can be taken back, and expires`() {
        var machine = TableMachine()
        machine.pause(true)
        machine.submit(order(1, address: "203.0.113.1", timeout: 600))
        machine.submit(order(2, address: "203.0.113.2", expiresAt: machine.now.wall + 5_000))
        machine.undo(dispatch(1))
        machine.pass(6)
        machine.pause(false)
        #expect(machine.runs.isEmpty)
        #expect(machine.kinds() == [.received, .received, .undone, .expired])
    }

    @Test func `a restart while it is paused starts nothing`() {
        var machine = TableMachine()
        machine.pause(true)
        machine.submit(order(1))
        var table = ResponseTable(bootID: "boot-1")
        table.isPaused = true
        for record in machine.journal { table.replay(record) }
        let actions = table.resume(at: machine.now, survivors: [:])
        #expect(!actions.contains { if case .run = $0 { true } else { false } })
    }
}
