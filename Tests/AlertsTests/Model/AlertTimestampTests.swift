import Alerts
import Foundation
import Testing

struct AlertTimestampTests {
    private func raisedAt(_ timestamp: String) throws -> Int64? {
        try alert(#"{"id":"1","rule":{"id":"1"},"timestamp":"\#(timestamp)"}"#).raisedAt
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2025-04-13T15:25:01.482+0000", 1_744_557_901_482),
        ("2026-01-31T12:34:56.789+0100", 1_769_859_296_789), ("2026-01-31T12:34:56.789+01:00", 1_769_859_296_789),
        ("2026-01-31T05:04:56.7-0630", 1_769_859_296_700), ("2026-01-31 11:34:56Z", 1_769_859_296_000),
        ("2024-02-29T23:59:60Z", 1_709_251_200_000), ("2000-02-29T00:00:00.123456789Z", 951_782_400_123),
        ("1969-12-31T23:59:59.999Z", -1), ("0000-03-01T00:00:00Z", -62_162_035_200_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ])
    func `a time is read to the millisecond`(text: String, milliseconds: Int64) throws {
        #expect(try raisedAt(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2025-04-13", "2025-04-13T15:25:01", "2025-04-13T15:25:01.482", "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-04-31T00:00:00Z", "2025-04-00T00:00:00Z",
        "2025-04-13T24:00:00Z",
        "2025-04-13T15:60:01Z", "2025-04-13T15:25:61Z", "2025-04-13T15:25:01.Z", "2025-04-13T15:25:01.1234567890Z",
        "2025-04-13T15:25:01+00", "2025-04-13T15:25:01+2400", "2025-04-13T15:25:01ZZ", "25-04-13T15:25:01Z",
        "2025-4-13T15:25:01Z", "Apr 13 15:25:01", "1744557901", "2025-04-13T15:25:01 +0000", "+025-04-13T15:25:01Z",
    ])
    func `what is no time is none`(text: String) throws {
        #expect(try raisedAt(text) == nil)
    }

    @Test func `random times are those of Foundation's calendar`() throws {
        let formatter = ISO8601DateFormatter()
        var generator = SeededGenerator(state: 6)
        for _ in 0..<3000 {
            let seconds = Int64.random(in: -10_000_000_000...100_000_000_000, using: &generator)
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            // Foundation's calendar is Julian before 1582.
            #expect(try raisedAt(text) == seconds * 1000, "\(text)")
        }
    }
}
