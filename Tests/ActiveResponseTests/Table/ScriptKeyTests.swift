import ActiveResponse
import Testing

/// `check_keys`: what a script says that it acts on counts, not what its alert says.
@Suite struct ScriptKeyTests {
    /// A machine on which dispatch 1 is active for an address, found for one user; dispatch 2 is about another user
    /// at the same address.
    private func active(timeout: Int64 = 600) -> TableMachine {
        var machine = TableMachine()
        machine.submit(order(1, user: "root", timeout: timeout))
        machine.ask(dispatch(1), ["203.0.113.7"])
        machine.end(dispatch(1))
        _ = machine.takeEvents()
        return machine
    }

    @Test func `the first one for its keys may act`() {
        var machine = TableMachine()
        machine.submit(order(1, timeout: 600))
        machine.ask(dispatch(1), ["203.0.113.7"])
        #expect(machine.answers == [dispatch(1): .proceed])
    }

    @Test func `a second one for the same keys is told to abort and prolongs the first`() {
        var machine = active()
        machine.pass(100)
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        #expect(machine.answers[dispatch(2)] == .abort)
        machine.end(dispatch(2))
        let events = machine.takeEvents()
        #expect(events.map(\.kind) == [.received, .started, .undoDueChanged, .prolonged])
        #expect(events.last?.detail == dispatch(1).description)
        machine.pass(599)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.running == ["delete \(dispatch(1))"])
        machine.end(dispatch(1))
        machine.pass(1000)
        #expect(machine.runs.isEmpty)
        #expect(machine.table.dispatches.isEmpty)
    }

    @Test func `a shorter one does not shorten the first`() {
        var machine = active()
        machine.submit(order(2, user: "admin", timeout: 5))
        machine.ask(dispatch(2), ["203.0.113.7"])
        machine.end(dispatch(2))
        machine.pass(599)
        #expect(machine.runs.isEmpty)
    }

    @Test func `other keys, another script and stateless runs have nothing to do with it`() {
        var machine = active()
        machine.submit(order(2, user: "a", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.8"])
        machine.submit(order(3, command: "other", executable: "other", user: "b", timeout: 600))
        machine.ask(dispatch(3), ["203.0.113.7"])
        machine.submit(order(4, user: "c", timeout: 0))
        machine.ask(dispatch(4), ["203.0.113.7"])
        machine.submit(order(5, user: "d", timeout: 600))
        machine.ask(dispatch(5), nil)
        for number in 2...5 { #expect(machine.answers[dispatch(UInt8(number))] == .proceed) }
    }

    @Test func `while the first is undone the answer waits, and then lets act`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        #expect(machine.isRunning(.delete, dispatch(1)))
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        #expect(machine.answers[dispatch(2)] == nil)
        machine.end(dispatch(1))
        #expect(machine.answers[dispatch(2)] == .proceed)
        machine.end(dispatch(2))
        machine.pass(600)
        #expect(machine.isRunning(.delete, dispatch(2)))
    }

    @Test func `one that was ended while it waited has done nothing and undoes nothing`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        machine.end(dispatch(2), status: nil, detail: "killed after 60 s")
        #expect(machine.takeEvents().last?.kind == .failed)
        machine.end(dispatch(1))
        machine.pass(1000)
        #expect(machine.runs.isEmpty)
    }

    @Test func `one whose undo fails is taken over`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.end(dispatch(1), status: 1)
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        #expect(machine.answers[dispatch(2)] == .proceed)
        machine.end(dispatch(2))
        machine.pass(599)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.running == ["delete \(dispatch(2))"])
    }

    @Test func `when the undo fails, the first that waits takes over and the others yield to it`() {
        var machine = active(timeout: 10)
        machine.pass(10)
        for number in 2...4 {
            machine.submit(order(UInt8(number), user: "user\(number)", timeout: 600))
            machine.ask(dispatch(UInt8(number)), ["203.0.113.7"])
        }
        #expect(machine.answers == [dispatch(1): .proceed])
        machine.end(dispatch(3), status: nil, detail: "killed after 60 s")
        machine.end(dispatch(1), status: 1)
        #expect(machine.answers == [dispatch(1): .proceed, dispatch(2): .proceed, dispatch(4): .abort])
        machine.end(dispatch(2))
        machine.end(dispatch(4))
        machine.pass(599)
        #expect(machine.runs.isEmpty)
        machine.pass(1)
        #expect(machine.running == ["delete \(dispatch(2))"])
        machine.end(dispatch(2))
        #expect(machine.table.dispatches.isEmpty)
    }

    @Test(arguments: [false, true])
    func `keys survive a restart`(compacted: Bool) {
        var next = active().restarted(compacted: compacted)
        next.submit(order(2, user: "admin", timeout: 600))
        next.ask(dispatch(2), ["203.0.113.7"])
        #expect(next.answers[dispatch(2)] == .abort)
    }

    @Test(arguments: [false, true])
    func `one that was told to abort when the daemon was killed is settled with the first`(compacted: Bool) {
        var machine = active()
        machine.pass(100)
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        var next = machine.restarted(compacted: compacted)
        #expect(next.kinds().contains(.prolonged))
        next.pass(599)
        #expect(next.runs.isEmpty)
        next.pass(1)
        #expect(next.running == ["delete \(dispatch(1))"])
        next.end(dispatch(1))
        next.pass(1000)
        #expect(next.runs.isEmpty)
    }

    /// The first one's script still ran when its undo was asked for, and runs on.
    @Test(arguments: [false, true])
    func `one that waited for a first that is to be undone is not settled with it`(compacted: Bool) {
        var machine = TableMachine()
        machine.submit(order(1, user: "root", timeout: 600))
        machine.ask(dispatch(1), ["203.0.113.7"])
        machine.undo(dispatch(1))
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        #expect(machine.answers[dispatch(2)] == nil)
        for survivors in [[:], [dispatch(1): Run.Action.add]] {
            var next = machine.restarted(compacted: compacted, survivors: survivors)
            #expect(!next.kinds().contains(.prolonged))
            #expect(next.isRunning(.add, dispatch(2)))
            next.ask(dispatch(2), ["203.0.113.7"])
            if !survivors.isEmpty { next.end(dispatch(1)) }
            #expect(next.isRunning(.delete, dispatch(1)))
            #expect(next.answers[dispatch(2)] == nil)
            next.end(dispatch(1))
            #expect(next.answers[dispatch(2)] == .proceed)
        }
    }

    @Test(arguments: [false, true])
    func `one that waited when the daemon was killed runs again after the undo`(compacted: Bool) {
        var machine = active(timeout: 10)
        machine.pass(10)
        machine.submit(order(2, user: "admin", timeout: 600))
        machine.ask(dispatch(2), ["203.0.113.7"])
        var next = machine.restarted(compacted: compacted)
        #expect(next.isRunning(.delete, dispatch(1)))
        #expect(next.isRunning(.add, dispatch(2)))
        next.ask(dispatch(2), ["203.0.113.7"])
        #expect(next.answers[dispatch(2)] == nil)
        next.end(dispatch(1))
        #expect(next.answers[dispatch(2)] == .proceed)
    }
}
