import ActiveResponse
import Synchronization
import Testing

@testable import Manager

/// A link that writes down what goes over it.
final class RecordedLink: AgentLink {
    private let lines = Mutex<[String]>([])
    private let sent = Mutex<[Order]>([])

    var orders: [Order] { sent.withLock { $0 } }

    var all: [String] { lines.withLock { $0 } }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }

    func send(_ order: Order) {
        sent.withLock { $0.append(order) }
        add((order.kind == .run ? "run " : "undo ") + order.command)
    }

    func pause(_ isPaused: Bool) { add(isPaused ? "pause" : "go on") }
    func acknowledge(through sequence: UInt64) { add("acknowledge \(sequence)") }
    func describe(_ ids: [DispatchID]) { add("describe \(ids.count)") }
    func close(reason: String) { add("close: \(reason)") }
}

@Suite struct `Delivery of orders` {
    private func order(_ name: String, undo: Bool = false, expires: Int64 = 0) -> Order {
        Order(
            id: .of(alertIdentity: Array(name.utf8), activeResponse: "r", agent: "001", action: "add"),
            kind: undo ? .undo(by: "test") : .run, command: name, activeResponse: "r", executable: "x", alertID: "1",
            ruleID: "2", agentName: "n", agentID: "001", expiresAt: expires)
    }

    private let stop = Stop(at: 1, by: "alice", reason: "")

    @Test func `what is not confirmed goes over each new link, and the old one is closed`() {
        var delivery = Delivery()
        delivery.give(order("a"))
        let (first, second) = (RecordedLink(), RecordedLink())
        delivery.linkUp(first, "001", journal: "j")
        delivery.give(order("b"))
        #expect(first.all == ["go on", "run a", "run b"])
        delivery.confirm(order("a").id, "001", undoToo: false)
        delivery.linkUp(second, "001", journal: "j")
        #expect(first.all.last == "close: the agent connected again")
        #expect(second.all == ["go on", "run b"])
        #expect(delivery.journal(of: "001", over: first) == nil)
        #expect(delivery.journal(of: "001", over: second) == "j")
    }

    @Test func `a stop keeps orders to run, never orders to undo`() throws {
        var delivery = Delivery()
        let link = RecordedLink()
        delivery.linkUp(link, "001", journal: "j")
        #expect(Self.begin(stop, &delivery) == nil)
        delivery.give(order("a"))
        delivery.give(order("b", undo: true))
        #expect(link.all == ["go on", "pause", "undo b"])
        // It was not sent, so it can be taken back.
        let result1 = delivery.cancel(order("a").id, "001")
        #expect(result1)
        delivery.give(order("c"))
        let number = try #require(Self.beginLifting(&delivery))
        #expect(Self.lift(number, &delivery))
        #expect(link.all.suffix(2) == ["go on", "run c"])
        let result2 = delivery.cancel(order("c").id, "001")
        #expect(!result2)
    }

    @Test func `a stop that is ordered while an earlier one is taken back stays`() throws {
        var delivery = Delivery()
        let link = RecordedLink()
        delivery.linkUp(link, "001", journal: "j")
        _ = delivery.begin(stop)
        let later = Stop(at: 2, by: "bob", reason: "")
        #expect(Self.begin(later, &delivery) == stop)
        let number = try #require(Self.beginLifting(&delivery))
        #expect(Self.begin(later, &delivery) == nil)
        #expect(!Self.lift(number, &delivery))
        #expect(delivery.stop == later)
        let next = try #require(Self.beginLifting(&delivery))
        #expect(Self.lift(next, &delivery))
        #expect(!Self.lift(next, &delivery))
        #expect(Self.beginLifting(&delivery) == nil)
    }

    // The macros of Testing cannot call what mutates.
    private static func begin(_ stop: Stop, _ delivery: inout Delivery) -> Stop? { delivery.begin(stop) }
    private static func beginLifting(_ delivery: inout Delivery) -> Int? { delivery.beginLifting() }
    private static func lift(_ number: Int, _ delivery: inout Delivery) -> Bool { delivery.lift(number) }

    @Test func `what an agent turned away goes out again when it is ready, and only that`() {
        var delivery = Delivery()
        let link = RecordedLink()
        delivery.linkUp(link, "001", journal: "j")
        for name in ["a", "b", "c"] { delivery.give(order(name, expires: name == "c" ? 10 : 0)) }
        let result3 = delivery.turnAway(order("b").id, "001")
        #expect(result3)
        let result4 = delivery.turnAway(order("b").id, "001")
        #expect(!result4)
        let result5 = delivery.turnAway(order("z").id, "001")
        #expect(!result5)
        let result6 = delivery.turnAway(order("c").id, "001")
        #expect(result6)
        let result7 = delivery.expire(now: 10).map(\.reason)
        #expect(result7 == ["agent 001 could not keep it in time"])
        delivery.ready("001")
        delivery.ready("001")
        #expect(link.all == ["go on", "run a", "run b", "run c", "run b"])
    }
}
