import ActiveResponse
import Testing

@testable import Manager

@Suite struct `Orders that no agent has confirmed` {
    private func order(_ name: String, agent: String = "001", expires: Int64 = 0, undo: Bool = false) -> Order {
        Order(
            id: .of(alertIdentity: Array(name.utf8), activeResponse: "r", agent: agent, action: "add"),
            kind: undo ? .undo(by: "test") : .run, command: name, activeResponse: "r", executable: "x", alertID: "1",
            ruleID: "2", agentName: "n", agentID: agent, expiresAt: expires)
    }

    @Test func `they are given out in the order in which they came, per agent`() {
        var pending = PendingOrders()
        for name in ["c", "a", "b"] { pending.add(order(name)) }
        pending.add(order("z", agent: "002"))
        #expect(pending.orders(for: "001").map(\.command) == ["c", "a", "b"])
        #expect(pending.orders(for: "002").map(\.command) == ["z"])
        #expect(pending.orders(for: "003").isEmpty)
        #expect(pending.count == 4)
    }

    @Test func `those of a higher priority go first`() {
        var pending = PendingOrders()
        for (name, priority) in [("a", 1), ("b", 5), ("c", 0), ("d", 5), ("e", 1)] as [(String, Int64)] {
            var order = order(name)
            order.priority = priority
            pending.add(order)
        }
        #expect(pending.orders(for: "001").map(\.command) == ["b", "d", "a", "e", "c"])
    }

    @Test func `adding one twice changes nothing`() {
        var pending = PendingOrders()
        pending.add(order("a"))
        pending.add(order("b"))
        pending.add(order("a"))
        #expect(pending.orders(for: "001").map(\.command) == ["a", "b"])
        #expect(pending.count == 2)
    }

    @Test func `confirming the run keeps the undo until the agent acts on it`() {
        var pending = PendingOrders()
        let run = order("a")
        pending.add(run)
        pending.add(order("a", undo: true))
        pending.confirm(run.id, agent: "001", undoToo: false)
        #expect(pending.orders(for: "001").map(\.kind) == [.undo(by: "test")])
        pending.confirm(run.id, agent: "001", undoToo: true)
        #expect(pending.count == 0)
    }

    @Test func `only orders to run expire, and only when their time is over`() {
        var pending = PendingOrders()
        pending.add(order("old", expires: 100))
        pending.add(order("young", expires: 101))
        pending.add(order("forever"))
        pending.add(order("undo", expires: 1, undo: true))
        let expired = pending.expire(now: 100)
        #expect(expired.map(\.command) == ["old"])
        #expect(pending.orders(for: "001").map(\.command) == ["young", "forever", "undo"])
    }

    @Test func `cancelling says whether there was something to cancel`() {
        var pending = PendingOrders()
        let order = order("a")
        pending.add(order)
        let cancelled = ["002", "001", "001"].map { pending.cancel(order.id, agent: $0) }
        #expect(cancelled == [false, true, false])
        #expect(pending.count == 0)
    }

    @Test func `what was sent cannot be cancelled, unless its agent has turned it away`() {
        var pending = PendingOrders()
        let order = order("a")
        pending.add(order)
        pending.sent(order)
        let result1 = pending.cancel(order.id, agent: "001")
        #expect(!result1)
        let result2 = pending.turnedAway(order.id, agent: "002")
        #expect(!result2)
        let result3 = pending.turnedAway(order.id, agent: "001")
        #expect(result3)
        let result4 = pending.cancel(order.id, agent: "001")
        #expect(result4)
    }

    @Test func `removing an agent removes all that waits for it`() {
        var pending = PendingOrders()
        pending.add(order("a"))
        pending.add(order("b"))
        pending.add(order("c", agent: "002"))
        let removed = pending.removeAll(for: "001")
        #expect(removed.map(\.command) == ["a", "b"])
        #expect(pending.count == 1)
    }
}
