import Testing
import Wire

@testable import ActiveResponse

/// What a hostile machine may write where a time stands.
@Suite("Times beyond all clocks")
struct HostileTimesTests {
    private static let years: ClosedRange<Int64> = 0...253_402_300_799_999

    @Test(arguments: [Int64.min, .max, -1, .max - 1])
    func `come as ones that can be reckoned with`(time: Int64) throws {
        var event = ResponseEvent(dispatchID: .zero, kind: .undoFailed, at: time, undoDue: time, retryAt: time)
        event = try ResponseEvent(encoded: event.encoded())
        #expect(Self.years.contains(event.at))
        #expect(try Self.years.contains(#require(event.undoDue)))
        #expect(try Self.years.contains(#require(event.retryAt)))

        let held = HeldDispatch(id: .zero, stage: .active, undoDue: time)
        let part = try JournalSummary(encoded: JournalSummary(total: 1, held: [held]).encoded())
        #expect(try Self.years.contains(#require(part.held.first?.undoDue)))
    }
}
