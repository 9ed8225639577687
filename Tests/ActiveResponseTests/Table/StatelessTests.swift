import ActiveResponse
import Testing

@Suite struct StatelessTests {
    @Test func `an order is journaled before its script runs`() {
        var table = ResponseTable(bootID: "boot")
        let order = order(1)
        let actions = table.submit(order, at: Moment(wall: 1000, boot: 10))
        #expect(actions.count == 4)
        #expect(actions.first == .record(.order(order)))
        #expect(actions.dropFirst(2).first == .record(.started(order.id, nil)))
        #expect(actions.last == .run(Run(action: .add, order: order, timeout: 0)))
    }

    @Test func `a run that ends is finished with its status and output`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1), status: 3, output: "no such table")
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .started, .finished])
        #expect(events.last?.exitStatus == 3)
        #expect(events.last?.output == Array("no such table".utf8))
        #expect(events.last?.durationMilliseconds == 5)
        #expect(machine.table.dispatches.isEmpty)
    }

    @Test func `a killed run is failed with the reason`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.end(dispatch(1), status: nil, signal: 15, detail: "killed after 60 s")
        let last = machine.takeEvents().last
        #expect(last?.kind == .failed)
        #expect(last?.signal == 15)
        #expect(last?.detail == "killed after 60 s")
    }

    @Test(arguments: [false, true])
    func `the same order again is acknowledged and not run again`(afterItsEnd: Bool) {
        var machine = TableMachine()
        machine.submit(order(1))
        if afterItsEnd { machine.end(dispatch(1)) }
        let before = machine.runs.count
        _ = machine.takeEvents()
        machine.submit(order(1))
        #expect(machine.kinds() == [.received])
        #expect(machine.runs.count == before)
    }

    @Test func `runs of one key follow each other and others run beside them`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2))
        machine.submit(order(3, address: "203.0.113.8"))
        #expect(machine.runs.map(\.order.id) == [dispatch(1), dispatch(3)])
        machine.end(dispatch(1))
        #expect(machine.runs.map(\.order.id) == [dispatch(3), dispatch(2)])
    }

    @Test func `orders without a target have nothing to wait for`() {
        var machine = TableMachine()
        machine.submit(order(1, address: nil))
        machine.submit(order(2, address: nil))
        #expect(machine.runs.count == 2)
    }

    @Test func `a file is part of the key only without user and address`() {
        var machine = TableMachine()
        machine.submit(order(1, address: nil, filename: "/a"))
        machine.submit(order(2, address: nil, filename: "/b"))
        machine.submit(order(3, address: nil, filename: "/a"))
        machine.submit(order(4, filename: "/a"))
        machine.submit(order(5, filename: "/b"))
        #expect(machine.runs.map(\.order.id) == [dispatch(1), dispatch(2), dispatch(4)])
    }

    @Test func `no more run at the same time than the limit allows`() {
        var limits = ResponseTable.Limits()
        limits.adds = 2
        var machine = TableMachine(limits: limits)
        for number in 1...5 { machine.submit(order(UInt8(number), address: "203.0.113.\(number)")) }
        #expect(machine.runs.map(\.order.id) == [dispatch(1), dispatch(2)])
        machine.end(dispatch(2))
        #expect(machine.runs.map(\.order.id) == [dispatch(1), dispatch(3)])
        machine.end(dispatch(1))
        machine.end(dispatch(3))
        #expect(machine.runs.map(\.order.id) == [dispatch(4), dispatch(5)])
    }

    @Test func `an order that is too old is expired and not run`() {
        var machine = TableMachine()
        machine.submit(order(1, expiresAt: machine.now.wall - 1))
        #expect(machine.kinds() == [.received, .expired])
        #expect(machine.runs.isEmpty)
        machine.submit(order(1, expiresAt: machine.now.wall - 1))
        #expect(machine.kinds() == [.received])
    }

    @Test func `an order that becomes too old while it waits is expired`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2, expiresAt: machine.now.wall + 5000))
        machine.submit(order(3))
        machine.pass(6)
        _ = machine.takeEvents()
        machine.end(dispatch(1))
        #expect(machine.kinds() == [.finished, .expired, .started])
        #expect(machine.isRunning(.add, dispatch(3)))
    }

    @Test func `an order that is refused is remembered and never run`() {
        var machine = TableMachine()
        machine.submit(order(1, address: "not an address"))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .refused])
        #expect(events.last?.detail == "the source address \"not an address\" is not an IP address")
        machine.submit(order(1))
        #expect(machine.kinds() == [.received])
        #expect(machine.runs.isEmpty)
    }

    @Test func `what cannot be started leaves nothing behind and lets the next one run`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2))
        _ = machine.takeEvents()
        machine.failToStart(dispatch(1), .refused("it is gone"))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.refused, .started])
        #expect(events.first?.detail == "it is gone")
        #expect(machine.isRunning(.add, dispatch(2)))
        machine.failToStart(dispatch(2), .failed("no memory"))
        #expect(machine.kinds() == [.failed])
        #expect(machine.table.runningAdds == 0)
    }

    @Test func `nothing is started any more after a stop`() {
        var machine = TableMachine()
        machine.submit(order(1))
        machine.submit(order(2))
        machine.stop()
        machine.end(dispatch(1))
        #expect(machine.runs.isEmpty)
        let next = machine.restarted()
        #expect(next.isRunning(.add, dispatch(2)))
    }

    @Test func `more than fits into memory is refused, also to be undone, until something is over`() {
        var limits = ResponseTable.Limits()
        limits.bytes = 10_000
        var machine = TableMachine(limits: limits)
        let alert = String(repeating: " ", count: 4_500)
        for number in 1...2 { machine.submit(order(UInt8(number), address: "192.0.2.\(number)", alert: alert)) }
        #expect(machine.kinds() == [.received, .started, .received, .started])
        machine.submit(order(3, address: "192.0.2.3", alert: alert))
        #expect(machine.kinds() == [.received, .refused])
        machine.submit(order(4, address: "192.0.2.4", alert: alert).undone())
        #expect(machine.kinds() == [.received, .undoFailed])
        machine.end(dispatch(1))
        machine.submit(order(5, address: "192.0.2.5", alert: alert))
        #expect(machine.kinds() == [.finished, .received, .started])
        // What the journal brings back counts too.
        machine.restart()
        _ = machine.kinds()
        machine.submit(order(6, address: "192.0.2.6", alert: alert))
        #expect(machine.kinds() == [.received, .started])
    }

    @Test func `too many dispatches that are not over are refused`() {
        var limits = ResponseTable.Limits()
        limits.dispatches = 1
        var machine = TableMachine(limits: limits)
        machine.submit(order(1))
        machine.submit(order(2))
        #expect(machine.kinds().last == .refused)
    }
}
