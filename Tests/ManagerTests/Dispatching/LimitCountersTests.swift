import ActiveResponse
import Policy
import Testing

@testable import Manager

@Suite struct `What limits count` {
    private func objection(
        _ counters: LimitCounters, _ limits: ResponseLimits = ResponseLimits(),
        global: ResponseLimits = ResponseLimits(),
        response: String = "ban", agent: String = "009", enrolled: Int = 10, now: Int64 = 1_000_000
    ) -> String? {
        counters.objection(
            to: response, limits: limits, global: global, agent: agent, enrolled: enrolled, now: now)
    }

    private func counters(
        _ agents: [String], response: String = "ban", now: Int64 = 1_000_000
    ) throws -> LimitCounters {
        var counters = LimitCounters()
        for (number, agent) in agents.enumerated() {
            counters.letOut(try dispatchID(number), activeResponse: response, agent: agent, now: now)
        }
        return counters
    }

    @Test func `runs count for a minute`() throws {
        let counters = try counters(["001", "001", "002"])
        let limits = ResponseLimits(runsPerMinute: 3)
        #expect(objection(counters, limits) == "limit of the active response ban: 3 runs per minute")
        #expect(objection(counters, limits, now: 1_000_000 + 59_999) != nil)
        #expect(objection(counters, limits, now: 1_000_000 + 60_000) == nil)
        #expect(objection(counters, ResponseLimits(runsPerMinute: 4)) == nil)
        #expect(objection(counters, limits, response: "other") == nil)
        #expect(objection(counters, global: limits, response: "other") == "global limit: 3 runs per minute")
    }

    @Test func `a clock that is set back by hours holds nothing for hours`() throws {
        let counters = try counters(["001"], now: 10_000_000_000)
        #expect(objection(counters, ResponseLimits(runsPerMinute: 1), now: 1_000_000) == nil)
    }

    @Test func `after a clock was set back a minute is a minute again`() throws {
        var counters = try counters(["001", "002", "003"], now: 10_000_000_000)
        let limits = ResponseLimits(runsPerMinute: 2)
        for number in 3...4 {
            counters.letOut(try dispatchID(number), activeResponse: "ban", agent: "001", now: 1_000_000)
        }
        #expect(objection(counters, limits, now: 1_000_001) != nil)
        #expect(objection(counters, limits, now: 1_070_000) == nil)
        // What was counted ahead of time does not come back with its time.
        #expect(objection(counters, limits, now: 10_000_000_000) == nil)
    }

    @Test func `what an agent's journal has in force counts, unless its end was reported meanwhile`() throws {
        var counters = try counters(["001"])
        let ids = try [0, 1, 2].map { try dispatchID($0) }
        counters.expect(ids, agent: "001")
        counters.end(ids[2], agent: "001")
        for id in ids { counters.beginExpected(id, activeResponse: "ban", agent: "001") }
        counters.forgetExpected(ids, agent: "001")
        #expect(objection(counters, ResponseLimits(concurrent: 2)) != nil)
        #expect(objection(counters, ResponseLimits(concurrent: 3)) == nil)
        counters.beginExpected(ids[2], activeResponse: "ban", agent: "001")
        #expect(objection(counters, ResponseLimits(concurrent: 3)) == nil)
        counters.end(ids[0], agent: "001")
        counters.end(ids[1], agent: "001")
        #expect(objection(counters, ResponseLimits(concurrent: 1)) == nil)
    }

    @Test func `what is not over counts as concurrent, on the manager too`() throws {
        var counters = try counters(["001", "000"])
        let limits = ResponseLimits(concurrent: 2)
        #expect(objection(counters, limits) == "limit of the active response ban: 2 at the same time")
        counters.end(try dispatchID(0), agent: "001")
        counters.end(try dispatchID(0), agent: "001")
        #expect(objection(counters, limits) == nil)
        #expect(objection(counters, ResponseLimits(concurrent: 1)) != nil)
        counters.remove(agent: "000")
        #expect(objection(counters, ResponseLimits(concurrent: 1)) == nil)
    }

    @Test func `one that is let out twice counts once`() throws {
        var counters = try counters(["001"])
        counters.begin(try dispatchID(0), activeResponse: "ban", agent: "001")
        counters.end(try dispatchID(0), agent: "001")
        #expect(objection(counters, ResponseLimits(concurrent: 1)) == nil)
    }

    @Test func `what an agent says of another one's ends nothing, neither what is under way nor what comes`() throws {
        var counters = try counters(["001"])
        counters.end(try dispatchID(0), agent: "002")
        #expect(objection(counters, ResponseLimits(concurrent: 1)) != nil)
        counters.end(try dispatchID(0), agent: "001")
        counters.end(try dispatchID(1), agent: "002", isDecided: false)
        counters.letOut(try dispatchID(1), activeResponse: "ban", agent: "001", now: 1_000_000)
        #expect(objection(counters, ResponseLimits(concurrent: 1)) != nil)
    }

    /// After a crash an agent may report the end of what it was sent before its alert is read again.
    @Test func `what was over before it was let out again counts as a run alone`() throws {
        var counters = LimitCounters()
        counters.end(try dispatchID(0), agent: "001", isDecided: false)
        counters.letOut(try dispatchID(0), activeResponse: "ban", agent: "001", now: 1_000_000)
        #expect(objection(counters, ResponseLimits(concurrent: 1)) == nil)
        #expect(objection(counters, ResponseLimits(runsPerMinute: 1)) != nil)
        // Only once.
        counters.letOut(try dispatchID(0), activeResponse: "ban", agent: "001", now: 1_000_000)
        #expect(objection(counters, ResponseLimits(concurrent: 1)) != nil)
    }

    @Test func `a share is one of agents, and those that have one already are free`() throws {
        let counters = try counters(["001", "001", "002", "000"])
        let limits = ResponseLimits(fleetShare: 20)
        #expect(
            objection(counters, limits)
                == "limit of the active response ban: 20% of the fleet, which are 2 of 10 agents")
        #expect(objection(counters, limits, agent: "001") == nil)
        #expect(objection(counters, limits, agent: "000") == nil)
        #expect(objection(counters, limits, enrolled: 15) == nil)
        #expect(objection(LimitCounters(), ResponseLimits(fleetShare: 1), enrolled: 3) == nil)
        #expect(objection(try self.counters(["001"]), ResponseLimits(fleetShare: 1), enrolled: 3) != nil)
    }
}
