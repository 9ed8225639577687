import ChaosChecking
import Testing

@Suite struct `Of a stateless dispatch the checker` {
    @Test func `accepts one run`() {
        #expect(Scene.broken(Scene.stateless) == [])
    }

    @Test func `misses one that the ledger does not have`() {
        #expect(Scene.broken(Scene.stateless) { $0.ledger = [] } == [.notInLedger, .unexpected])
        #expect(Scene.broken(Scene.stateless) { ($0.ledger, $0.runs) = ([], []) } == [.notInLedger])
    }

    @Test func `finds one that nobody asked for`() {
        #expect(Scene.broken(Scene.stateless) { $0.expectations = [] } == [.unexpected])
    }

    @Test func `finds one cause with two dispatches`() {
        let found = Scene.broken(Scene.stateless) { evidence in
            var second = evidence.ledger[0]
            second.id = "d2"
            evidence.ledger.append(second)
        }
        #expect(found == [.twiceInLedger])
    }

    @Test func `finds one that never ran`() {
        #expect(Scene.broken(Scene.stateless) { $0.runs = [] } == [.neverRan])
    }

    @Test func `finds a second run, with or without a kill`() {
        #expect(Scene.broken(Scene.stateless) { $0.runs.append(Scene.run(.add, at: 2)) } == [.ranTwice])
        let found = Scene.broken(Scene.stateless) {
            $0.runs.append(Scene.run(.add, at: 2))
            $0.outages = [Scene.killed(from: 1.11, to: 1.9)]
        }
        #expect(found == [.ranTwice])
    }

    @Test func `allows a second run only where the record of the start was torn off`() {
        func tearing(_ kind: TornRecord.Kind, of dispatch: String = "d1") -> [Violation.Promise] {
            Scene.broken(Scene.stateless) {
                $0.runs.append(Scene.run(.add, at: 2))
                $0.outages = [Scene.killed(from: 1.11, to: 1.9)]
                $0.torn = [TornRecord(kind: kind, dispatch: dispatch)]
            }
        }
        #expect(tearing(.started) == [])
        #expect(tearing(.started, of: "d2") == [.ranTwice])
        for kind in [TornRecord.Kind.order, .event, .bookkeeping] { #expect(tearing(kind) == [.ranTwice]) }
    }

    @Test func `accepts "unknown" when a kill met the run, whether it is recorded or not`() {
        func unknown(killedAt from: Double, _ runs: [RecordedRun]) -> [Violation.Promise] {
            Scene.broken(Scene.stateless) {
                $0.ledger[0].state = "unknown"
                $0.runs = runs
                $0.outages = [Scene.killed(from: from, to: from + 0.5)]
            }
        }
        #expect(unknown(killedAt: 1.11, [Scene.run(.add, at: 1.1)]) == [])
        // The orphan of the killed agent writes its line a moment later.
        #expect(unknown(killedAt: 1.09, [Scene.run(.add, at: 1.1)]) == [])
        #expect(unknown(killedAt: 1.11, []) == [])
        #expect(unknown(killedAt: 4, [Scene.run(.add, at: 1.1)]) == [.wrongState])
        #expect(unknown(killedAt: 0.2, []) == [.neverRan])
    }

    @Test func `knows that a stopped agent sees the end of a run late`() {
        let found = Scene.broken(Scene.stateless) {
            $0.ledger[0].state = "unknown"
            $0.outages = [Scene.stopped(from: 1.105, to: 6), Scene.killed(from: 6.5, to: 7)]
        }
        #expect(found == [])
    }

    @Test func `does not take another agent's kill for an excuse`() {
        let found = Scene.broken(Scene.stateless) {
            $0.ledger[0].state = "unknown"
            $0.outages = [Scene.killed(from: 1.11, to: 2, agent: "002")]
        }
        #expect(found == [.wrongState])
    }

    @Test(arguments: ["queued", "delivered", "running", "failed", "refused", "expired", "cancelled"])
    func `finds a state that cannot be the end`(state: String) {
        let found = Scene.broken(Scene.stateless) { $0.ledger[0].state = state }
        #expect(found.first == .wrongState)
    }

    @Test func `finds an undo`() {
        #expect(Scene.broken(Scene.stateless) { $0.runs.append(Scene.run(.delete, at: 3)) } == [.undoneThoughStateless])
    }

    @Test func `finds a step that the ledger counts twice`() {
        #expect(Scene.broken(Scene.stateless) { $0.ledger[0].timeline?.append("finished") } == [.repeatedEvent])
        // An agent says again that it has an order when the order comes again.
        #expect(Scene.broken(Scene.stateless) { $0.ledger[0].timeline?.append("delivered") } == [])
    }

    @Test func `finds a journal that disagrees`() {
        #expect(Scene.broken(Scene.stateless) { $0.open = [Scene.agent: ["d1"]] } == [.journalDisagrees])
    }

    @Test func `passes on that a program died`() {
        #expect(Scene.broken(Scene.stateless) { $0.deaths = ["edr-agent ended with status 1"] } == [.died])
    }
}
