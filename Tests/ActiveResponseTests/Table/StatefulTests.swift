import ActiveResponse
import Testing

@Suite struct StatefulTests {
    /// A machine on which dispatch 1 is active for `timeout` seconds since its start just now.
    private func active(timeout: Int64 = 600, offenders: [Int64] = []) -> TableMachine {
        var machine = TableMachine(offenders: offenders)
        machine.submit(order(1, timeout: timeout))
        machine.end(dispatch(1))
        _ = machine.takeEvents()
        return machine
    }

    @Test func `a response is undone when its time is over`() {
        var machine = TableMachine()
        let start = machine.now
        machine.submit(order(1, timeout: 600))
        machine.pass(2)
        machine.end(dispatch(1))
        var events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .started, .active])
        #expect(events.last?.undoDue == start.wall + 600_000)
        machine.pass(597)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.isRunning(.delete, dispatch(1)))
        machine.end(dispatch(1))
        events = machine.takeEvents()
        #expect(events.map(\.kind) == [.undoing, .undone])
        #expect(machine.table.dispatches.isEmpty)
        #expect(machine.table.nextDue == nil)
    }

    @Test(arguments: [(1, nil), (nil, 9)] as [(Int32?, Int32?)])
    func `a response that failed is undone all the same`(status: Int32?, signal: Int32?) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.end(dispatch(1), status: status, signal: signal)
        let last = machine.takeEvents().last
        #expect(last?.kind == .active)
        #expect(last?.exitStatus == status)
        #expect(last?.signal == signal)
        machine.pass(10)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `a response that could not be started is not undone`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.failToStart(dispatch(1), .failed("no interpreter"))
        machine.pass(11)
        #expect(machine.runs.isEmpty)
        #expect(machine.takeEvents().last?.kind == .failed)
    }

    @Test func `a run that takes longer than its timeout is undone at its end`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.pass(30)
        #expect(machine.isRunning(.add, dispatch(1)))
        machine.end(dispatch(1))
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    /// Others were started before it.
    @Test func `the time of a script that is started late counts from its own start, also after a restart`() throws {
        var machine = TableMachine()
        machine.startDelay = 1500
        machine.submit(order(1, timeout: 3))
        let due = machine.now.wall + 4500
        #expect(machine.takeEvents().map(\.undoDue) == [nil, due])
        machine.end(dispatch(1))
        #expect(machine.takeEvents().last?.undoDue == due)
        machine.pass(2)
        var next = machine.restarted()
        for machine in [machine, next] {
            #expect(machine.table.activeDispatches.map(\.undoDue) == [due])
        }
        next.pass(2)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.isRunning(.delete, dispatch(1)))
    }

    @Test func `a repeat runs nothing and prolongs`() {
        var machine = active(timeout: 600)
        machine.pass(100)
        machine.submit(order(2, timeout: 600))
        let events = machine.takeEvents()
        #expect(machine.runs.isEmpty)
        #expect(events.map(\.kind) == [.received, .prolonged, .undoDueChanged])
        #expect(events[1].dispatchID == dispatch(2))
        #expect(events[1].detail == dispatch(1).description)
        #expect(events[2].dispatchID == dispatch(1))
        #expect(events[2].undoDue == machine.now.wall + 600_000)
        machine.pass(599)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `a repeat never shortens`() {
        var machine = active(timeout: 600)
        machine.submit(order(2, timeout: 60))
        #expect(machine.kinds() == [.received, .prolonged])
        machine.pass(599)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `a repeat that comes while the script still runs prolongs too`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.pass(5)
        machine.submit(order(2, timeout: 10))
        #expect(machine.kinds() == [.received, .started, .received, .prolonged, .undoDueChanged])
        machine.end(dispatch(1))
        machine.pass(9)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `another user from the same address is another response`() {
        var machine = active()
        machine.submit(order(2, user: "eve", timeout: 600))
        #expect(machine.isRunning(.add, dispatch(2)))
    }

    @Test func `a repeat during the undo runs after it`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.submit(order(2, timeout: 10))
        #expect(machine.runs.count == 1)
        machine.end(dispatch(1))
        #expect(machine.isRunning(.add, dispatch(2)))
        #expect(machine.kinds() == [.undoing, .received, .undone, .started])
    }

    @Test func `an undo that fails is tried again with growing pauses`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        var pauses: [Int64] = []
        for _ in 0..<9 {
            #expect(machine.isRunning(.delete, dispatch(1)))
            machine.end(dispatch(1), status: 1)
            let due = machine.table.nextDue ?? 0
            pauses.append((due - machine.now.boot) / 1000)
            machine.pass((due - machine.now.boot) / 1000)
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300])
        machine.end(dispatch(1))
        let kinds = machine.kinds()
        #expect(kinds.count { $0 == .undoing } == 1)
        #expect(kinds.count { $0 == .undoFailed } == 9)
        #expect(kinds.last == .undone)
    }

    @Test func `an undo that cannot be started is tried again`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.failToStart(dispatch(1), .refused("it is gone"))
        let last = machine.takeEvents().last
        #expect(last?.kind == .undoFailed)
        #expect(last?.detail == "it is gone; next attempt in 5 s")
        machine.pass(5)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `an undo that never succeeds is given up in the end`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        var attempts = 0
        while machine.isRunning(.delete, dispatch(1)), attempts < 1000 {
            attempts += 1
            machine.end(dispatch(1), status: 1)
            machine.pass(300)
        }
        #expect(attempts == 300)
        #expect(machine.takeEvents().last?.detail == "given up after 300 attempts")
        machine.submit(order(1, timeout: 10).undone())
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `a new response takes over from one whose undo fails`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.end(dispatch(1), status: 1)
        _ = machine.takeEvents()
        machine.submit(order(2, timeout: 10))
        #expect(machine.isRunning(.add, dispatch(2)))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .undoFailed, .started])
        #expect(events[1].dispatchID == dispatch(1))
        machine.end(dispatch(2))
        machine.pass(10)
        #expect(machine.runs.map(\.order.id) == [dispatch(2)])
    }

    @Test func `switched off, new orders are refused and what is active is still undone`() {
        var machine = active(timeout: 10)
        machine.switchOff()
        machine.submit(order(2, address: "203.0.113.8", timeout: 10))
        #expect(machine.kinds() == [.received, .refused])
        machine.pass(10)
        #expect(machine.isRunning(.delete, dispatch(1)))
    }

    @Test func `undos do not wait for scripts that hang`() {
        var limits = ResponseTable.Limits()
        limits.adds = 2
        var machine = TableMachine(limits: limits)
        machine.submit(order(1, timeout: 10))
        machine.end(dispatch(1))
        machine.submit(order(2, address: "203.0.113.20"))
        machine.submit(order(3, address: "203.0.113.21"))
        machine.submit(order(4, address: "203.0.113.22"))
        machine.pass(10)
        #expect(machine.isRunning(.delete, dispatch(1)))
        #expect(!machine.isRunning(.add, dispatch(4)))
    }

    @Test func `many overdue undos run in turn within their limit`() {
        var limits = ResponseTable.Limits()
        limits.undos = 3
        var machine = TableMachine(limits: limits)
        for number in 1...10 {
            machine.submit(order(UInt8(number), address: "203.0.113.\(number)", timeout: 10))
            machine.end(dispatch(UInt8(number)))
        }
        machine.pass(10)
        var undone = 0
        while let run = machine.runs.first {
            #expect(machine.runs.count <= 3)
            machine.end(run.order.id)
            undone += 1
        }
        #expect(undone == 10)
        #expect(machine.table.runningUndos == 0)
    }
}

@Suite struct UndoByHandTests {
    @Test func `an active response is undone at once`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.end(dispatch(1))
        _ = machine.takeEvents()
        machine.submit(order(1, timeout: 600).undone())
        #expect(machine.isRunning(.delete, dispatch(1)))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .undoing])
        #expect(events.last?.detail == "asked for by an administrator")
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.undone])
        machine.submit(order(1, timeout: 600).undone())
        #expect(machine.kinds() == [.received, .undone])
        #expect(machine.runs.isEmpty)
    }

    @Test func `one that runs is undone at its end and no repeat prolongs it`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.undo(dispatch(1))
        machine.submit(order(2, timeout: 600))
        #expect(machine.running == ["add \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.running == ["add \(dispatch(2))"])
    }

    @Test func `one that still waits is taken back`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2))
        machine.undo(dispatch(2))
        #expect(machine.takeEvents().last?.kind == .undone)
        machine.end(dispatch(1))
        #expect(machine.runs.isEmpty)
    }

    @Test func `a finished stateless response can be undone`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1))
        machine.submit(order(1).undone())
        #expect(machine.isRunning(.delete, dispatch(1)))
        machine.end(dispatch(1), status: 1)
        machine.pass(5)
        #expect(machine.isRunning(.delete, dispatch(1)))
        machine.end(dispatch(1))
        #expect(machine.takeEvents().last?.kind == .undone)
    }

    @Test func `a running stateless response is undone after its end`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(1).undone())
        #expect(machine.running == ["add \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.received, .started, .received, .finished, .undoing, .undone])
    }

    @Test func `what this machine does not know is undone by what the order says`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600).undone())
        #expect(machine.isRunning(.delete, dispatch(1)))
        #expect(machine.runs.first?.timeout == 600)
    }

    @Test func `the undo of what another one has replaced leaves that in force`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1))
        machine.submit(order(2, timeout: 600))
        machine.submit(order(1).undone())
        machine.end(dispatch(2))
        _ = machine.takeEvents()
        machine.submit(order(1).undone())
        machine.submit(order(3).undone())
        #expect(machine.runs.isEmpty)
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .undone, .received, .undone])
        #expect(events.last?.detail == "dispatch \(dispatch(2)) is in force for the same; undo that one")
        machine.pass(600)
        #expect(machine.running == ["delete \(dispatch(2))"])
        // While that runs, another one waits for it and is done after it.
        machine.submit(order(4).undone())
        machine.end(dispatch(2))
        #expect(machine.running == ["delete \(dispatch(4))"])
    }

    @Test func `nor is it tried again when that came after a first try`() {
        var machine = TableMachine()
        machine.submit(order(1).undone())
        machine.end(dispatch(1), status: 1)
        machine.submit(order(2, timeout: 600))
        machine.end(dispatch(2))
        _ = machine.takeEvents()
        machine.pass(5)
        #expect(machine.runs.isEmpty)
        #expect(machine.kinds() == [.undone])
    }

    @Test(arguments: [false, true])
    func `an undo comes before what waits for its turn`(isRestarted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1))
        machine.submit(order(2))
        machine.submit(order(3, timeout: 600))
        machine.submit(order(1).undone())
        if isRestarted { machine = machine.restarted(survivors: [dispatch(2): .add]) }
        machine.end(dispatch(2))
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.running == ["add \(dispatch(3))"])
    }

    @Test func `an undo whose end is never seen is tried again at once, and then with pauses`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 5))
        machine.end(dispatch(1))
        machine.pass(5)
        machine.end(dispatch(1), status: nil, isLost: true)
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1), status: nil, isLost: true)
        #expect(machine.runs.isEmpty)
        #expect(machine.takeEvents().last?.kind == .undoFailed)
        machine.pass(10)
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.takeEvents().last?.kind == .undone)
    }

    @Test func `a repeat that ran nothing has nothing to undo`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.submit(order(2, timeout: 600))
        machine.end(dispatch(1))
        machine.submit(order(2, timeout: 600).undone())
        #expect(machine.runs.isEmpty)
    }

    @Test func `a failed undo is tried again at once when asked for`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 10))
        machine.end(dispatch(1))
        machine.pass(10)
        machine.end(dispatch(1), status: 1)
        machine.undo(dispatch(1))
        #expect(machine.isRunning(.delete, dispatch(1)))
    }
}

@Suite struct `What is the same response, and what is another one` {
    @Test func `further arguments are targets: a second URL is not done because of the first`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60, extra: ["http://one.example"]))
        machine.submit(order(2, timeout: 60, extra: ["http://two.example"]))
        machine.submit(order(3, timeout: 60, extra: ["http://one.example"]))
        #expect(machine.isRunning(.add, dispatch(1)))
        #expect(machine.isRunning(.add, dispatch(2)))
        #expect(!machine.isRunning(.add, dispatch(3)))
    }

    @Test(arguments: [false, true])
    func `the file tells responses apart where the command expects one`(targetsFile: Bool) {
        var machine = TableMachine()
        for (number, file) in [(1, "/srv/shell1.php"), (2, "/srv/shell2.php")] as [(UInt8, String)] {
            var order = order(number, filename: file, timeout: 60)
            order.targetsFile = targetsFile
            machine.submit(order)
        }
        #expect(machine.isRunning(.add, dispatch(1)))
        #expect(machine.isRunning(.add, dispatch(2)) == targetsFile)
    }

    @Test(arguments: [false, true])
    func `a repeat of one that has failed undoes it and runs`(afterRestart: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 60))
        machine.end(dispatch(1), status: 1)
        if afterRestart { machine = machine.restarted(compacted: true) }
        machine.submit(order(2, timeout: 60))
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        #expect(machine.running == ["add \(dispatch(2))"])
        machine.end(dispatch(2))
        machine.submit(order(3, timeout: 60))
        #expect(machine.running.isEmpty)
        #expect(machine.kinds().suffix(2).contains(.prolonged))
    }

    @Test func `one that claims the keys of one that has failed waits for its undo and goes on`() {
        var machine = TableMachine()
        machine.submit(order(1, user: "alice", timeout: 60))
        machine.ask(dispatch(1), ["203.0.113.7"])
        machine.end(dispatch(1), status: 1)
        machine.submit(order(2, user: "bob", timeout: 60))
        machine.ask(dispatch(2), ["203.0.113.7"])
        #expect(machine.answers[dispatch(2)] == nil)
        #expect(machine.isRunning(.delete, dispatch(1)))
        machine.end(dispatch(1))
        #expect(machine.answers[dispatch(2)] == .proceed)
    }
}

@Suite struct RepeatedOffenderTests {
    /// Runs one response of the key to its undo and returns for how many seconds it held.
    private func offend(_ machine: inout TableMachine, _ number: UInt8, timeout: Int64 = 10) -> Int64 {
        machine.submit(order(number, timeout: timeout))
        let seconds = machine.runs.first?.timeout ?? -1
        machine.end(dispatch(number))
        machine.pass(seconds)
        machine.end(dispatch(number))
        return seconds
    }

    @Test func `each repetition takes the next entry of the list`() {
        var machine = TableMachine(offenders: [1, 2])
        let held = (1...5).map { offend(&machine, $0) }
        #expect(held == [10, 60, 120, 120, 120])
    }

    @Test func `an entry never shortens the timeout`() {
        var machine = TableMachine(offenders: [1, 20])
        let held = (1...3).map { offend(&machine, $0, timeout: 600) }
        #expect(held == [600, 600, 1200])
    }

    @Test func `the order's own list goes first`() {
        var machine = TableMachine(offenders: [1])
        machine.submit(order(1, timeout: 10, offenders: [5]))
        machine.end(dispatch(1))
        machine.submit(order(2, timeout: 10, offenders: [5]))
        #expect(machine.takeEvents().last?.undoDue == machine.now.wall + 300_000)
    }

    @Test(arguments: [false, true])
    func `counters survive a restart`(compacted: Bool) {
        var machine = TableMachine(offenders: [1, 2])
        _ = offend(&machine, 1)
        var next = machine.restarted(compacted: compacted)
        next.submit(order(2, timeout: 10, offenders: [1, 2]))
        #expect(next.runs.first?.timeout == 60)
    }

    @Test(arguments: [false, true])
    func `a response whose script could not be started is no offence`(afterRestart: Bool) {
        var machine = TableMachine()
        for number: UInt8 in 1...2 {
            machine.submit(order(number, timeout: 10, offenders: [1, 2]))
            machine.failToStart(dispatch(number), .refused("test"))
        }
        if afterRestart { machine = machine.restarted() }
        machine.submit(order(3, timeout: 10, offenders: [1, 2]))
        #expect(machine.runs.first?.timeout == 10)
    }

    @Test func `a key that was quiet for a month starts anew`() {
        var machine = TableMachine(offenders: [1, 2])
        _ = offend(&machine, 1)
        machine.pass(31 * 86_400)
        #expect(offend(&machine, 2) == 10)
    }

    @Test func `the time of quiet is configurable`() {
        var machine = TableMachine(offenders: [1, 2])
        machine.forgetOffenders(after: 3600)
        _ = offend(&machine, 1)
        machine.pass(3590)
        #expect(offend(&machine, 2) == 60)
        machine.pass(3601)
        #expect(offend(&machine, 3) == 10)
    }

    @Test func `counters stay within their limit`() {
        var counters = RepetitionCounters(limit: 10)
        for number in 0..<100 {
            let key = ResponseKey(of: order(UInt8(number), address: "203.0.113.\(number)"))
            _ = counters.count(key, ladder: [1], now: Int64(number))
        }
        var count = 0
        counters.forEach(now: 100) { _, _, _ in count += 1 }
        #expect(count <= 10)
        #expect(count > 0)
    }
}
