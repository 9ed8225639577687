import ActiveResponse
import Testing

@testable import Manager

@Suite struct `Undos by hand` {
    private func order(_ number: Int, agent: String = "001", address: String = "192.0.2.7") throws -> Order {
        Order(
            id: try dispatchID(number), command: "ban", activeResponse: "ban", executable: "ban",
            sourceAddress: address, alertID: "1.\(number)", ruleID: "1", agentName: agent, agentID: agent, timeout: 60)
    }

    private func lift(_ order: Order, until: Int64 = 100) -> Lift {
        Lift(agent: order.agentID, key: ResponseKey(of: order), dispatch: order.id, by: "alice", at: 1, until: until)
    }

    @Test func `count for the same agent and target, and for no other`() throws {
        var lifts = Lifts()
        lifts.add(lift(try order(1)))
        #expect(lifts.lift(of: try order(2)) != nil)
        #expect(lifts.lift(of: try order(2, agent: "002")) == nil)
        #expect(lifts.lift(of: try order(2, address: "192.0.2.8")) == nil)
    }

    @Test func `count until their time is over, and anew from the moment of the undo`() throws {
        var lifts = Lifts()
        let first = lift(try order(1))
        lifts.add(first)
        #expect(first.objection(now: 99, isUnderWay: false)?.contains("alice") == true)
        #expect(first.objection(now: 100, isUnderWay: false) == nil)
        #expect(first.objection(now: 100, isUnderWay: true) != nil)
        #expect(lifts.undone(try dispatchID(1), agent: "002", until: 200) == nil)
        #expect(lifts.undone(try dispatchID(1), agent: "001", until: 200)?.until == 200)
        #expect(lifts.lift(of: try order(2))?.until == 200)
        #expect(lifts.undone(try dispatchID(9), agent: "001", until: 300) == nil)
    }

    @Test func `end when somebody applies the same by hand, and are forgotten when nobody wants them`() throws {
        var lifts = Lifts()
        lifts.add(lift(try order(1)))
        let ended = try #require(lifts.end(for: try order(5)))
        #expect(ended.until <= ended.at)
        #expect(lifts.lift(of: try order(2)) == nil)
        #expect(lifts.undone(try dispatchID(1), agent: "001", until: 200) == nil)
        lifts.add(lift(try order(1)))
        lifts.add(lift(try order(3, address: "192.0.2.8")))
        lifts.prune { $0.until > 100 }
        #expect(lifts.lift(of: try order(2)) == nil)
        #expect(lifts.undone(try dispatchID(1), agent: "001", until: 200) == nil)
    }
}
