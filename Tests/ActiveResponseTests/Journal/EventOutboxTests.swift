import ActiveResponse
import Testing

@Suite struct EventOutboxTests {
    private func event(_ number: UInt8, output: Int = 0) -> ResponseEvent {
        ResponseEvent(
            dispatchID: dispatch(number), kind: .finished, at: 1, output: [UInt8](repeating: 0x61, count: output))
    }

    private func released(_ outbox: EventOutbox, _ through: UInt64) -> [ResponseEvent] {
        outbox.release(through: through).compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    @Test func `says when it is full, and when there is room again`() {
        let outbox = EventOutbox(records: [], now: 1, limit: 4)
        var last: UInt64 = 0
        for number in 1...4 {
            #expect(!outbox.isFull)
            last = outbox.number(event(UInt8(number))).sequence
        }
        #expect(outbox.isFull && !outbox.hasRoom)
        _ = outbox.release(through: last)
        _ = outbox.acknowledge(through: last - 3)
        #expect(!outbox.isFull && !outbox.hasRoom)
        _ = outbox.acknowledge(through: last - 2)
        #expect(outbox.hasRoom)
    }

    @Test func `a mark comes after the events before it and before those after it`() {
        let outbox = EventOutbox(records: [], now: 1)
        func order(through: UInt64) -> [String] {
            outbox.release(through: through).map { delivery in
                if case .event(let event) = delivery { "\(event.sequence)" } else { "mark" }
            }
        }
        outbox.mark {}
        #expect(order(through: 0) == ["mark"])
        let first = outbox.number(event(1))
        outbox.mark {}
        #expect(order(through: first.sequence - 1).isEmpty)
        let second = outbox.number(event(2))
        #expect(order(through: second.sequence) == ["\(first.sequence)", "mark", "\(second.sequence)"])
        #expect(order(through: second.sequence).isEmpty)
    }

    @Test func `events are shown only when they are safe, each once, in order`() {
        let outbox = EventOutbox(records: [], now: 1)
        let first = outbox.number(event(1))
        outbox.wrote()
        let safe = outbox.written
        let second = outbox.number(event(2))
        #expect(first.sequence == 1000)
        #expect(second.sequence == 1001)
        #expect(outbox.unacknowledged().isEmpty)
        #expect(released(outbox, safe) == [first])
        #expect(released(outbox, safe).isEmpty)
        #expect(outbox.unacknowledged() == [first])
        outbox.wrote()
        #expect(released(outbox, outbox.written) == [second])
    }

    @Test func `acknowledged events are forgotten and others kept`() {
        let outbox = EventOutbox(records: [], now: 1)
        let events = (1...3).map { outbox.number(event($0)) }
        outbox.wrote()
        _ = outbox.release(through: outbox.written)
        #expect(outbox.acknowledge(through: events[1].sequence) == .acknowledged(through: events[1].sequence))
        #expect(outbox.unacknowledged() == [events[2]])
        #expect(outbox.acknowledge(through: events[0].sequence) == nil)
    }

    @Test func `what was never shown cannot be acknowledged`() {
        let outbox = EventOutbox(records: [], now: 1)
        _ = outbox.number(event(1))
        #expect(outbox.acknowledge(through: .max) == nil)
    }

    @Test func `a restart keeps events and numbers`() {
        let outbox = EventOutbox(records: [], now: 1)
        let events = (1...3).map { outbox.number(event($0)) }
        outbox.wrote()
        _ = outbox.release(through: outbox.written)
        _ = outbox.acknowledge(through: events[0].sequence)
        let next = EventOutbox(records: outbox.records(), now: 1)
        #expect(next.unacknowledged() == Array(events[1...]))
        #expect(next.number(event(4)).sequence > events[2].sequence)
    }

    @Test func `numbers go on rising when the journal's end, or all of it, was lost`() {
        let outbox = EventOutbox(records: [], now: 1_700_000_000_000)
        let lost = outbox.number(event(1))
        let next = EventOutbox(records: [], now: 1_700_000_000_001)
        #expect(next.number(event(2)).sequence > lost.sequence)
    }

    @Test func `output for a manager that is away stays within bounds`() {
        let outbox = EventOutbox(records: [], now: 1)
        for _ in 0..<1000 { _ = outbox.number(event(1, output: 65_536)) }
        outbox.wrote()
        _ = outbox.release(through: outbox.written)
        let all = outbox.unacknowledged()
        #expect(all.count == 1000)
        #expect(all.reduce(0) { $0 + $1.output.count } < 18 << 20)
    }
}
