import ActiveResponse
import Alerts
import Policy
import Testing

@testable import Backtest

/// The simulation against the table that agents use.
@Suite struct `The simulation of bans` {
    private struct Event {
        let at: Int64
        let address: String
        let timeout: Int64
        let ladder: [Int64]
    }

    private func events(seed: UInt64) -> [Event] {
        var generator = seed
        func random(_ limit: UInt64) -> Int64 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(generator >> 33 % limit)
        }
        var at: Int64 = 1_000_000
        return (0..<400).map { _ in
            at += random(90) * 1000
            return Event(
                at: at, address: "192.0.2.\(random(6))", timeout: 60 + random(4) * 60,
                ladder: random(3) == 0 ? [2, 5] : [])
        }
    }

    /// Plays the events on the table of an agent, whose scripts end at once.
    private func truth(_ events: [Event]) -> (runs: Int, prolonged: Int, peak: Int) {
        var table = ResponseTable(bootID: "boot")
        var (runs, prolonged, peak) = (0, 0, 0)
        func end(_ actions: [ResponseAction], at now: Moment) {
            for action in actions {
                switch action {
                case .run(let run):
                    if run.action == .add { runs += 1 }
                    end(table.started(run.order.id, at: now), at: now)
                    end(table.ended(run.order.id, RunResult(exitStatus: 0), at: now), at: now)
                case .emit(let event): if case .prolonged = event.kind { prolonged += 1 }
                default: break
                }
            }
        }
        for (number, event) in events.enumerated() {
            while let due = table.nextDue, due <= event.at {
                let now = Moment(wall: due, boot: due)
                end(table.advance(to: now), at: now)
            }
            let now = Moment(wall: event.at, boot: event.at)
            let order = Order(
                id: .of(alertIdentity: [], activeResponse: "ban", agent: "001", action: "\(number)"), command: "ban",
                activeResponse: "ban", executable: "ban", sourceAddress: event.address, alertID: "\(number)",
                ruleID: "1", agentName: "web", agentID: "001", timeout: event.timeout,
                repeatedOffenders: event.ladder)
            end(table.submit(order, at: now), at: now)
            peak = max(peak, table.dispatches.count)
        }
        return (runs, prolonged, peak)
    }

    @Test(arguments: 1...20) func `does what an agent's table does`(seed: Int) {
        let events = events(seed: UInt64(seed))
        var simulation = BanSimulation(responses: 1)
        var (runs, prolonged) = (0, 0)
        for event in events {
            simulation.advance(to: event.at)
            let key = ResponseKey(stateful: "ban", user: nil, sourceAddress: event.address, filename: nil)
            let result = simulation.order(
                key, on: .agent("001"), response: 0, timeout: event.timeout, ladder: event.ladder, at: event.at)
            if result.effect == .runs { runs += 1 } else { prolonged += 1 }
        }
        let truth = truth(events)
        #expect(truth.runs > 0 && truth.prolonged > 0)
        #expect(runs == truth.runs)
        #expect(prolonged == truth.prolonged)
        #expect(simulation.peak.count == truth.peak)
    }

    @Test func `a ban on one machine is none on another, and all end`() {
        var simulation = BanSimulation(responses: 2)
        let key = ResponseKey(stateful: "ban", user: nil, sourceAddress: "192.0.2.1", filename: nil)
        for (response, machine) in [(0, Target.agent("001")), (1, .agent("002")), (1, .server), (1, .server)] {
            _ = simulation.order(key, on: machine, response: response, timeout: 10, ladder: [], at: 1000)
        }
        #expect(simulation.peak == .init(count: 3, at: 1000))
        #expect(simulation.peaks.map(\.count) == [1, 2])
        simulation.advance(to: 10_999)
        #expect(simulation.activeCount == 3)
        simulation.advance(to: 11_000)
        #expect(simulation.activeCount == 0)
    }
}

@Suite struct `Counting in bounded memory` {
    @Test func `a full tally goes on counting what it knows and says that there is more`() {
        var tally = Tally<Int>(limit: 2)
        for value in [1, 2, 3, 2, 4, 2, 1] { tally.count(value) }
        #expect(tally.total == 7 && tally.distinct == 2 && !tally.isComplete)
        #expect(tally.top(5, by: <).map(\.value) == [2, 1])
        #expect(tally.top(1, by: <).map(\.count) == [3])
    }

    @Test func `an alert is recognized for at least a generation`() throws {
        var recent = RecentAlerts(generation: 3)
        func isNew(_ id: Int) -> Bool {
            recent.insert(.init(managerName: nil, id: "\(id)", timestamp: "", ruleID: "1", agentID: nil))
        }
        for id in 1...3 { #expect(isNew(id)) }
        for id in 1...3 { #expect(!isNew(id)) }
        for id in 4...9 { #expect(isNew(id)) }
        #expect(!isNew(7))
        #expect(isNew(1))
    }
}
