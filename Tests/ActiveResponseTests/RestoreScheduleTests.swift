import ActiveResponse
import Testing

/// When scripts look after what is in force.
@Suite struct RestoreScheduleTests {
    private let inForce: Set<String> = ["ban", "isolate"]

    @Test func `everything is looked after at the start and then regularly`() {
        var schedule = RestoreSchedule(interval: 60_000)
        #expect(schedule.next == nil)
        schedule.begin(at: 1000)
        #expect(schedule.next == 1000)
        #expect(schedule.take(at: 1000) { inForce } == inForce)
        #expect(schedule.next == 61_000)
        #expect(schedule.take(at: 60_999) { inForce } == [])
        #expect(schedule.take(at: 61_000) { inForce } == inForce)
        // Nothing is in force any more: nothing is to be done until something is again.
        #expect(schedule.take(at: 121_000) { [] } == [])
        #expect(schedule.next == nil)
        schedule.activated(at: 130_000)
        schedule.activated(at: 140_000)
        #expect(schedule.next == 190_000)
    }

    @Test func `prolongations without end keep nobody from his turn`() {
        var schedule = RestoreSchedule(interval: 60_000)
        schedule.activated(at: 0)
        var looks: [String: Int] = [:]
        // A ban is prolonged every 100 ms for ten minutes.
        for now in stride(from: Int64(0), to: 600_000, by: 100) {
            schedule.prolonged("ban", at: now)
            guard let next = schedule.next, next <= now else { continue }
            for executable in schedule.take(at: now, inForce: { inForce }) { looks[executable, default: 0] += 1 }
        }
        #expect(looks["isolate"] == 9)
        #expect((looks["ban"] ?? 0) > 900)
    }

    @Test func `a burst of prolongations is told once, after half a second`() {
        var schedule = RestoreSchedule(interval: 60_000)
        schedule.activated(at: 0)
        for now in 0..<100 { schedule.prolonged("ban", at: Int64(now)) }
        #expect(schedule.next == 500)
        #expect(schedule.take(at: 500) { inForce } == ["ban"])
        #expect(schedule.next == 60_000)
        // Over by then.
        schedule.prolonged("other", at: 1000)
        #expect(schedule.take(at: 1500) { inForce } == [])
    }

    @Test func `one that is busy is tried again after a second`() {
        var schedule = RestoreSchedule(interval: 60_000)
        schedule.begin(at: 0)
        _ = schedule.take(at: 0) { inForce }
        schedule.postpone("isolate", at: 0)
        #expect(schedule.take(at: 999) { inForce } == [])
        #expect(schedule.take(at: 1000) { inForce } == ["isolate"])
        #expect(schedule.next == 60_000)
    }

    @Test func `where nothing is looked after it is never time`() {
        var schedule = RestoreSchedule(interval: nil)
        schedule.begin(at: 0)
        schedule.activated(at: 0)
        schedule.prolonged("ban", at: 0)
        schedule.postpone("ban", at: 0)
        #expect(schedule.next == nil)
    }
}
