import ActiveResponse
import Daemon
import Testing
import Wire

@testable import Manager

@Suite struct `What an agent reports` {
    private let long = "x" + String(repeating: "é", count: 100_000)
    private var latest: Int64 { Timestamp.now() + 3_600_000 }

    @Test func `is cut to what an agent sends, and its time to about now`() throws {
        let event = ResponseEvent(
            sequence: 1, dispatchID: try dispatchID(1), kind: .finished, at: .max, exitStatus: 0,
            output: [1] + [UInt8](repeating: 2, count: 65_536), detail: long)
        guard case .event(let read) = try AgentReport(encoded: event.encoded()) else {
            Issue.record("it is not known")
            return
        }
        #expect(read.at <= latest)
        #expect(read.output == [UInt8](repeating: 2, count: 65_536))
        #expect(read.detail.utf8.count <= 4_100)
        #expect(read.detail.hasPrefix("xéé"))
        #expect(read.detail.hasSuffix("é…"))
    }

    @Test func `is cut also when its kind is not known`() throws {
        var writer = FieldWriter(reserving: 8_000)
        writer.write(UInt64(7), field: 1)
        writer.write(try dispatchID(1).bytes, field: 2)
        writer.write(UInt64(99), field: 3)
        writer.write(Int64.max, field: 4)
        writer.write(long, field: 10)
        guard case .unknown(let read) = try AgentReport(encoded: writer.bytes) else {
            Issue.record("it is known")
            return
        }
        #expect(read.at <= latest)
        #expect(read.detail.utf8.count <= 4_100)
    }

    @Test func `stays as it is when there is nothing to cut`() throws {
        let event = ResponseEvent(
            sequence: 1, dispatchID: try dispatchID(1), kind: .finished, at: 5, exitStatus: 0,
            output: [1, 2], detail: String(repeating: "y", count: 4_096))
        guard case .event(let read) = try AgentReport(encoded: event.encoded()) else {
            Issue.record("it is not known")
            return
        }
        #expect(read == event)
    }
}
