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

    /// One that was confirmed, and then found not to be in force any more.
    private func appliedAgain() -> TableMachine {
        var machine = isolated()
        machine.reach(since: machine.now.boot)
        machine.pass(100)
        _ = machine.takeEvents()
        _ = machine.beginRestore("block")
        machine.endRestore("block", restored: [dispatch(1)])
        return machine
    }

    @Test(arguments: [nil, false, true])
    func `what was applied again needs a confirmation again`(restartedCompacted: Bool?) {
        var machine = appliedAgain()
        #expect(machine.kinds() == [.restored])
        if let restartedCompacted { machine.restart(compacted: restartedCompacted) }
        #expect(machine.probes.last == machine.now.boot + 30_000)
        machine.reach(since: machine.now.boot - 1)
        machine.pass(29)
        #expect(machine.runs == [])
        machine.reach(since: machine.now.boot)
        // That it is active was told before.
        #expect(machine.kinds() == [])
        machine.restart()
        machine.pass(60)
        #expect(machine.runs == [])
    }

    @Test func `that it was applied again is told once an hour, and confirmed each time`() {
        var machine = appliedAgain()
        machine.reach(since: machine.now.boot)
        _ = machine.takeEvents()
        for minute in 1...3 {
            machine.pass(60)
            _ = machine.beginRestore("block")
            machine.endRestore("block", restored: [dispatch(1)])
            #expect(machine.probes.count == minute + 2)
            machine.reach(since: machine.now.boot)
        }
        #expect(machine.kinds() == [])
        machine = TableMachine()
        machine.submit(order(1, timeout: 100_000))
        machine.end(dispatch(1))
        _ = machine.takeEvents()
        for _ in 0..<150 {
            machine.pass(60)
            _ = machine.beginRestore("block")
            machine.endRestore("block", restored: [dispatch(1)])
        }
        #expect(machine.kinds() == [.restored, .restored, .restored])
    }

    @Test(arguments: [nil, false, true])
    func `without one it is undone, and has not failed`(restartedCompacted: Bool?) {
        var machine = appliedAgain()
        if let restartedCompacted { machine.restart(compacted: restartedCompacted) }
        _ = machine.takeEvents()
        machine.pass(30)
        #expect(machine.runs.map(\.action) == [.delete])
        let reason = "the manager could not be reached through it within 30 s after it was applied again"
        #expect(machine.takeEvents().map(\.detail) == ["asked for by this machine, because \(reason)"])
        machine.restart(compacted: restartedCompacted == true)
        machine.end(dispatch(1))
        #expect(machine.kinds().last == .undone)
        #expect(machine.table.activeDispatches == [])
    }

    @Test func `its time may end before it is confirmed again`() {
        var machine = appliedAgain()
        machine.pass(0)
        machine.undo(dispatch(1))
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.restored, .undoing, .undone])
        machine = isolated(timeout: 110)
        machine.reach(since: machine.now.boot)
        machine.pass(100)
        _ = machine.beginRestore("block")
        machine.endRestore("block", restored: [dispatch(1)])
        machine.pass(10)
        #expect(machine.runs.map(\.action) == [.delete])
        machine.restart()
        _ = machine.takeEvents()
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.undone])
    }

    @Test func `where nobody can find it out nothing has to be confirmed`() {
        var machine = TableMachine()
        machine.submit(order(1, address: nil, timeout: 600), mayCutOff: true)
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.received, .started, .active])
        #expect(machine.probes == [])
    }
}
