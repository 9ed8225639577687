import ActiveResponse
import Testing

/// Responses that may cut the machine off its manager: undone unless it was reached through them.
@Suite struct ConfirmationTests {
    private func machine() -> TableMachine {
        var machine = TableMachine()
        machine.confirmPeriod = 30_000
        return machine
    }

    /// One whose `add` has just ended, and whose events were taken.
    private func isolated(timeout: Int64 = 600) -> TableMachine {
        var machine = machine()
        machine.submit(order(1, address: nil, timeout: timeout), mayCutOff: true)
        machine.end(dispatch(1))
        _ = machine.takeEvents()
        return machine
    }

    @Test func `it is active once the manager was reached by a connection begun after it`() {
        var machine = machine()
        machine.submit(order(1, address: nil, timeout: 600), mayCutOff: true)
        #expect(machine.kinds() == [.received, .started])
        #expect(machine.probes == [])
        machine.pass(2)
        machine.end(dispatch(1), output: "isolated")
        #expect(machine.probes == [machine.now.boot + 30_000])
        #expect(machine.kinds() == [])
        // Begun while the script still ran.
        machine.reach(since: machine.now.boot - 1)
        #expect(machine.kinds() == [])
        machine.pass(29)
        machine.reach(since: machine.now.boot)
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.active])
        #expect(events.first?.exitStatus == 0 && events.first.map(\.text) == "isolated")
        machine.pass(60)
        #expect(machine.runs == [])
    }

    @Test func `else it is undone and failed`() {
        var machine = isolated()
        machine.pass(29)
        #expect(machine.runs == [])
        machine.pass(1)
        #expect(machine.runs.map(\.action) == [.delete])
        machine.reach(since: machine.now.boot)
        machine.end(dispatch(1))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.failed])
        #expect(events.first?.detail == "the manager could not be reached through it within 30 s, so it was undone")
        #expect(machine.table.activeDispatches == [])
    }

    @Test func `an undo that fails first is told, and is undone in the end`() {
        var machine = isolated()
        machine.pass(30)
        machine.end(dispatch(1), status: 1)
        #expect(machine.kinds() == [.undoFailed])
        machine.pass(5)
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.failed, .undone])
    }

    @Test func `one that is undone meanwhile is not failed`() {
        var machine = isolated()
        machine.undo(dispatch(1))
        #expect(machine.runs.map(\.action) == [.delete])
        machine.pass(40)
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.undoing, .undone])
        machine = isolated(timeout: 5)
        machine.pass(5)
        machine.end(dispatch(1))
        machine.pass(40)
        #expect(machine.kinds() == [.undoing, .undone])
    }

    @Test func `a crash before the confirmation means that there is none yet`() {
        for isEnded in [false, true] {
            var machine = machine()
            machine.submit(order(1, address: nil, timeout: 600), mayCutOff: true)
            if isEnded { machine.end(dispatch(1)) }
            _ = machine.takeEvents()
            machine.restart()
            #expect(machine.probes.last == machine.now.boot + 30_000)
            #expect(machine.kinds() == [])
            machine.pass(30)
            machine.restart()
            // Also one in the middle of the undo.
            #expect(machine.runs.map(\.action) == [.delete])
            machine.end(dispatch(1))
            #expect(machine.kinds() == [.failed])
        }
    }

    @Test func `a restart in time goes on probing, and a confirmation survives it`() {
        var machine = isolated()
        machine.restart()
        machine.reach(since: machine.now.boot)
        #expect(machine.kinds() == [.active])
        let probes = machine.probes.count
        machine.restart()
        machine.pass(60)
        #expect(machine.probes.count == probes)
        #expect(machine.runs == [])
        #expect(machine.table.cuttingOff == [dispatch(1)])
    }

    @Test func `what was reached before it was applied again proves nothing`() {
        var machine = isolated()
        _ = machine.beginRestore("block")
        machine.pass(1)
        machine.reach(since: machine.now.boot)
        #expect(machine.kinds() == [])
        let before = machine.now.boot
        machine.pass(1)
        machine.endRestore("block")
        machine.reach(since: before)
        #expect(machine.kinds() == [])
        machine.reach(since: machine.now.boot)
        #expect(machine.kinds() == [.active])
    }

    @Test func `where nobody can find it out nothing has to be confirmed`() {
        var machine = TableMachine()
        machine.submit(order(1, address: nil, timeout: 600), mayCutOff: true)
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.received, .started, .active])
        #expect(machine.probes == [])
    }
}
