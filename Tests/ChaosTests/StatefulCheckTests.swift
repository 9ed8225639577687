import ChaosChecking
import Testing

@Suite struct `Of a stateful dispatch the checker` {
    private func undone(at seconds: Double, _ outages: [Outage] = []) -> [Violation.Promise] {
        Scene.broken(Scene.stateful) {
            $0.runs[1] = Scene.run(.delete, at: seconds)
            $0.outages = outages
        }
    }

    @Test func `accepts one run and one undo in time, or one that is still due`() {
        #expect(Scene.broken(Scene.stateful) == [])
        #expect(Scene.broken(Scene.stillDue) == [])
    }

    @Test func `finds a second run`() {
        #expect(Scene.broken(Scene.stateful) { $0.runs.append(Scene.run(.add, at: 1.2)) } == [.ranTwice])
    }

    @Test func `finds an undo that is said to be done but was not`() {
        #expect(Scene.broken(Scene.stateful) { $0.runs.removeLast() } == [.neverUndone])
    }

    @Test func `finds one that is overdue`() {
        let found = Scene.broken(Scene.stillDue) {
            $0.expectations[0].timeout = 10 * Scene.second
            $0.ledger[0].undoDue = Scene.wallZero + 11_100
        }
        #expect(found == [.neverUndone])
    }

    @Test func `finds a due time that does not fit the run`() {
        for shift in [-1200, 50] as [Int64] {
            let found = Scene.broken(Scene.stillDue) { $0.ledger[0].undoDue = Scene.wallZero + 3_601_100 + shift }
            #expect(found == [.wrongDeadline])
        }
        // The script's first instruction comes a while after its start.
        #expect(Scene.broken(Scene.stillDue) { $0.ledger[0].undoDue = Scene.wallZero + 3_600_300 } == [])
        #expect(Scene.broken(Scene.stillDue) { $0.ledger[0].undoDue = nil } == [.wrongDeadline])
    }

    @Test func `holds the undo to a second`() {
        #expect(undone(at: 12.05) == [])
        #expect(undone(at: 12.2) == [.undoneLate])
        #expect(undone(at: 11.09) == [])
        #expect(undone(at: 11) == [.undoneEarly])
        #expect(undone(at: 1.0) == [.undoneBeforeRun])
    }

    @Test func `takes the run's time where the ledger has no due time`() {
        func undone(at seconds: Double) -> [Violation.Promise] {
            Scene.broken(Scene.stateful) {
                $0.ledger[0].undoDue = nil
                $0.runs[1] = Scene.run(.delete, at: seconds)
            }
        }
        #expect(undone(at: 11.1) == [])
        #expect(undone(at: 12.2) == [.undoneLate])
        #expect(undone(at: 10.9) == [.undoneEarly])
    }

    @Test func `gives it as much more as the machine needed for others at that time`() {
        func undone(at seconds: Double, canaryAt: Double) -> [Violation.Promise] {
            Scene.broken(Scene.stateful) {
                $0.runs[1] = Scene.run(.delete, at: seconds)
                $0.canaries = [Canary(at: Int64(canaryAt * 1e9), delay: Scene.second / 2)]
            }
        }
        #expect(undone(at: 13, canaryAt: 11.5) == [])
        #expect(undone(at: 13.2, canaryAt: 11.5) == [.undoneLate])
        #expect(undone(at: 13, canaryAt: 10.5) == [.undoneLate])
        let slowStart = Scene.broken(Scene.stillDue) {
            $0.ledger[0].undoDue = Scene.wallZero + 3_599_300
            $0.canaries = [Canary(at: Scene.second / 2, delay: Scene.second / 2)]
        }
        #expect(slowStart == [])
    }

    @Test func `gives it another second after the agent was down or stopped`() {
        #expect(undone(at: 15.9, [Scene.killed(from: 10, to: 15)]) == [])
        #expect(undone(at: 16.1, [Scene.killed(from: 10, to: 15)]) == [.undoneLate])
        #expect(undone(at: 15.9, [Scene.stopped(from: 11.5, to: 15)]) == [])
        // Two in a row leave no undisturbed second.
        #expect(undone(at: 15.9, [Scene.killed(from: 10, to: 11.5), Scene.stopped(from: 12.4, to: 15)]) == [])
        // Long before and long after are no excuse.
        #expect(undone(at: 15.9, [Scene.killed(from: 2, to: 10)]) == [.undoneLate])
        #expect(undone(at: 15.9, [Scene.killed(from: 12.3, to: 15)]) == [.undoneLate])
    }

    @Test func `allows a second undo only where a kill met the first`() {
        func twice(_ outages: [Outage]) -> [Violation.Promise] {
            Scene.broken(Scene.stateful) {
                $0.runs.append(Scene.run(.delete, at: 13))
                $0.outages = outages
            }
        }
        #expect(twice([]) == [.undoneTwice])
        #expect(twice([Scene.killed(from: 11.12, to: 12.5)]) == [])
        #expect(twice([Scene.killed(from: 12.5, to: 12.9)]) == [.undoneTwice])
        #expect(twice([Scene.killed(from: 5, to: 6)]) == [.undoneTwice])
        #expect(twice([Scene.stopped(from: 11.12, to: 12.5)]) == [.undoneTwice])
    }

    @Test func `needs no run where a kill came between the journal and the script`() {
        func withoutRun(_ outages: [Outage]) -> [Violation.Promise] {
            Scene.broken(Scene.stateful) {
                $0.runs.removeFirst()
                $0.outages = outages
            }
        }
        #expect(withoutRun([Scene.killed(from: 1.09, to: 2)]) == [])
        #expect(withoutRun([]) == [.neverRan])
    }

    @Test func `finds a late undo of a dispatch whose run was not recorded`() {
        let found = Scene.broken(Scene.stateful) {
            $0.runs = [Scene.run(.delete, at: 13)]
            $0.outages = [Scene.killed(from: 1.09, to: 2)]
        }
        #expect(found == [.undoneLate])
    }

    @Test(arguments: ["queued", "delivered", "running", "done", "failed", "undoing", "undo_failed", "unknown"])
    func `finds a state that cannot be the end`(state: String) {
        let found = Scene.broken(Scene.stateful) { $0.ledger[0].state = state }
        #expect(found.first == .wrongState)
    }

    @Test func `finds one that is called active though it was undone`() {
        let found = Scene.broken(Scene.stillDue) { $0.runs.append(Scene.run(.delete, at: 3601.1)) }
        #expect(found == [.wrongState])
    }

    @Test func `finds a journal that has forgotten it`() {
        #expect(Scene.broken(Scene.stillDue) { $0.open = [Scene.agent: []] } == [.journalDisagrees])
    }
}
