import ActiveResponse
import Testing

/// Every test runs with the journal as it was written and with a compacted one: both must mean the same.
@Suite struct RestartTests {
    @Test(arguments: [false, true])
    func `an order that had not started runs now`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2))
        machine.end(dispatch(1))
        machine.submit(order(3))
        let next = machine.restarted(compacted: compacted)
        // 2 was running and is stateless; 3 had not started.
        #expect(next.runs.map(\.order.id) == [dispatch(3)])
    }

    @Test(arguments: [false, true])
    func `an interrupted stateless run is unknown and never runs again`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1))
        var next = machine.restarted(compacted: compacted)
        #expect(next.runs.isEmpty)
        #expect(next.kinds() == [.unknown])
        next.submit(order(1))
        #expect(next.kinds() == [.received])
        #expect(next.runs.isEmpty)
        var third = next.restarted(compacted: compacted)
        #expect(third.takeEvents().isEmpty)
    }

    @Test(arguments: [false, true])
    func `an interrupted stateful run counts as active and is undone`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        var next = machine.restarted(down: 20, compacted: compacted)
        let events = next.takeEvents()
        #expect(events.map(\.kind) == [.active])
        #expect(events.first?.exitStatus == nil)
        #expect(events.first?.undoDue == machine.now.wall + 60_000)
        next.pass(39)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `a deadline passed while nobody was there is met at once`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        var next = machine.restarted(down: 100, compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
        #expect(next.kinds() == [.undoing])
    }

    @Test(arguments: [false, true])
    func `an interrupted undo runs again`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        machine.pass(60)
        let next = machine.restarted(compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `interrupted undos come before those that became due since, and both before what waited`(compacted: Bool) {
        var machine = TableMachine(limits: .init())
        for number in [1, 2, 3, 4] as [UInt8] {
            let timeout: Int64 = [40, 60, 50, 70][Int(number) - 1]
            machine.submit(order(number, address: "203.0.113.\(number)", timeout: timeout))
            machine.end(dispatch(number))
        }
        machine.submit(order(5, executable: "other"))
        machine.submit(order(6, executable: "other"))
        // The undos of 1 and 3 have begun.
        machine.pass(50)
        for down in [30, 30_000] as [Int64] {
            let next = machine.restarted(down: down, compacted: compacted)
            #expect(next.runs.map(\.order.id) == [1, 3, 2, 4, 6].map { dispatch($0) })
        }
    }

    @Test(arguments: [false, true])
    func `undos that were asked for come before what waited`(compacted: Bool) {
        var limits = ResponseTable.Limits()
        limits.undos = 1
        var machine = TableMachine(limits: limits)
        machine.submit(order(1, executable: "other"))
        machine.submit(order(2, executable: "other"))
        for number in [3, 4, 5] as [UInt8] {
            machine.submit(order(number, address: "203.0.113.\(number)", timeout: 600))
            machine.end(dispatch(number))
            machine.undo(dispatch(number))
        }
        let next = machine.restarted(compacted: compacted)
        #expect(next.runs.map(\.order.id) == [3, 4, 5, 2].map { dispatch($0) })
    }

    @Test(arguments: [false, true])
    func `a failed undo is tried again at the start`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        machine.pass(60)
        machine.end(dispatch(1), status: 1)
        let next = machine.restarted(compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `a prolonged deadline stays prolonged`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        machine.pass(50)
        machine.submit(order(2, timeout: 60))
        var next = machine.restarted(down: 30, compacted: compacted)
        #expect(next.runs.isEmpty)
        next.pass(30)
        #expect(next.isRunning(.delete, dispatch(1)))
        next.submit(order(2, timeout: 60))
        #expect(next.takeEvents().last?.kind == .received)
    }

    @Test(arguments: [false, true])
    func `a repeat after the restart prolongs what was active before`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        var next = machine.restarted(compacted: compacted)
        next.submit(order(2, timeout: 60))
        #expect(next.runs.isEmpty)
        #expect(next.kinds() == [.received, .prolonged])
    }

    @Test(arguments: [false, true])
    func `an undo asked for while the script ran is done after the restart`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.submit(order(2, address: "203.0.113.8"))
        machine.undo(dispatch(1))
        machine.undo(dispatch(2))
        let next = machine.restarted(compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
        #expect(next.isRunning(.delete, dispatch(2)))
    }

    @Test(arguments: [false, true])
    func `an undo by order is not forgotten`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1).undone())
        var next = machine.restarted(compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
        next.end(dispatch(1))
        var third = next.restarted(compacted: compacted)
        #expect(third.runs.isEmpty)
        third.submit(order(1).undone())
        #expect(third.runs.isEmpty)
    }

    @Test func `after a reboot the wall clock decides`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        var next = machine.restarted(down: 100, rebootedAs: "boot-2")
        next.pass(499)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test func `in the same boot a wall clock set wrong moves nothing`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.now.wall += 10_000_000
        var next = machine.restarted(down: 100)
        next.pass(499)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [-1_600_000_000_000, 1_600_000_000_000] as [Int64])
    func `a reboot with a wrong clock prolongs by the timeout at most`(error: Int64) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.now.wall += error
        var next = machine.restarted(rebootedAs: "boot-2")
        next.pass(600)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test func `a rewritten journal knows the clock that was set right meanwhile`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        machine.now.wall += 3_600_000
        var next = machine.restarted(rebootedAs: "boot-2", compacted: true)
        #expect(next.runs.isEmpty)
        next.pass(600)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test func `records of unknown dispatches do no harm`() {
        var table = ResponseTable(bootID: "boot")
        let deadline = Deadline(after: 1000, from: Moment(wall: 1, boot: 1), bootID: "boot")
        for record in [
            JournalRecord.started(dispatch(1), deadline), .active(dispatch(1)), .due(dispatch(1), deadline),
            .undoing(dispatch(1)), .undoRequested(dispatch(1), by: "x"), .finished(dispatch(2), .ran, at: 1),
        ] { table.replay(record) }
        #expect(table.resume(at: Moment(wall: 5, boot: 5)).isEmpty)
    }

    @Test func `two holders of one key, left by a damaged journal, become one`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1))
        let lost = machine.journal
        machine = TableMachine()
        machine.submit(order(2, timeout: 60))
        machine.end(dispatch(2))
        var table = ResponseTable(bootID: "boot-1")
        for record in lost + machine.journal { table.replay(record) }
        _ = table.resume(at: machine.now)
        #expect(table.dispatches.keys.map { $0 } == [dispatch(2)])
    }

    @Test func `finished dispatches are remembered for a day, and no more than the limit`() {
        var finished = FinishedDispatches(limit: 3)
        let day: Int64 = 24 * 3_600_000
        func moment(_ boot: Int64) -> Moment { Moment(wall: 1_700_000_000_000 + boot, boot: boot) }
        for number in 0..<5 {
            finished.insert(dispatch(UInt8(number)), outcome: .ran, at: moment(Int64(number)))
        }
        #expect(finished.count == 3)
        #expect(finished[dispatch(1)] == nil)
        #expect(finished[dispatch(4)] == .ran)
        finished.insert(dispatch(9), outcome: .undone, at: moment(day + 4))
        #expect(finished.count == 2)
        finished.insert(dispatch(10), outcome: .undone, at: moment(day + 5))
        #expect(finished[dispatch(4)] == nil)
    }

    @Test(arguments: [false, true])
    func `a clock that is set forth or back by days makes no order run twice`(compacted: Bool) {
        let days: Int64 = 400 * 24 * 3_600_000
        for jump in [days, -days] {
            var machine = TableMachine()
            machine.submit(order(1))
            machine.end(dispatch(1))
            machine.now.wall += jump
            machine.submit(order(2, address: "198.51.100.1"))
            machine.end(dispatch(2))
            machine.submit(order(1))
            #expect(machine.running.isEmpty, "set by \(jump)")
            // Set while nobody was there to see it, as by a machine whose clock has no battery.
            var next = machine.restarted(down: jump / 1000, rebootedAs: "boot-2", compacted: compacted)
            next.submit(order(3, address: "198.51.100.2"))
            next.end(dispatch(3))
            for number in 1...2 as ClosedRange<UInt8> { next.submit(order(number)) }
            #expect(next.running.isEmpty, "set by \(jump) while it was down")
        }
    }

    @Test(arguments: [false, true])
    func `what is over is forgotten a day of the boot clock later, restarts or not`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1))
        machine.pass(13 * 3600)
        machine = machine.restarted(compacted: compacted)
        machine.pass(13 * 3600)
        machine.submit(order(2, address: "198.51.100.1"))
        machine.end(dispatch(2))
        machine.submit(order(1))
        #expect(machine.isRunning(.add, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `a script that outlived the daemon is waited for`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.submit(order(2, address: "198.51.100.1"))
        var next = machine.restarted(compacted: compacted, survivors: [dispatch(1): .add, dispatch(2): .add])
        #expect(next.takeEvents().isEmpty)
        next.submit(order(3, address: "198.51.100.1"))
        next.pass(20)
        // Neither the undo nor the next run of the key begins beside the survivor.
        #expect(!next.isRunning(.delete, dispatch(1)))
        #expect(!next.isRunning(.add, dispatch(3)))
        _ = next.takeEvents()
        next.end(dispatch(2), status: nil, isLost: true)
        #expect(next.kinds() == [.unknown, .started])
        next.end(dispatch(1), status: nil, isLost: true)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test(arguments: [false, true])
    func `an undo that outlived the daemon is waited for and then done again`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.end(dispatch(1))
        machine.pass(10)
        var next = machine.restarted(compacted: compacted, survivors: [dispatch(1): .delete])
        #expect(next.running == ["delete \(dispatch(1))"])
        next.end(dispatch(1), status: nil, isLost: true)
        #expect(next.running == ["delete \(dispatch(1))"])
        next.end(dispatch(1))
        #expect(next.kinds().last == .undone)
        #expect(next.table.dispatches.isEmpty)
    }

    @Test func `where boots have no name only the wall clock counts`() {
        var machine = TableMachine(bootID: "")
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        var next = machine.restarted(down: 500, rebootedAs: "")
        next.pass(99)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test func `a response that is prolonged often needs no more memory for it`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        for number in 2...200 {
            machine.submit(order(UInt8(number), timeout: 600))
            machine.pass(1)
        }
        #expect(machine.table.dueCount == 1)
        machine.pass(599)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `an undo of what did not run is answered`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.failToStart(dispatch(1), .failed("no interpreter"))
        _ = machine.takeEvents()
        machine.submit(order(1, timeout: 10).undone())
        #expect(machine.kinds() == [.received, .undone])
    }
}
