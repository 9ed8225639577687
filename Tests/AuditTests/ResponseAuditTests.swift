import ActiveResponse
import Daemon
import Foundation
import Logging
import TestSupport
import Testing

@testable import Audit

/// An agent's own record: what the agent's module writes is what `edr-control` checks.
@Suite("Agent audit log")
struct ResponseAuditTests {
    private let home: TemporaryHome
    private var log: String { home.path + "/logs/audit.log" }

    init() throws {
        home = try TemporaryHome()
        try Home(home.path).createFolders()
    }

    private func open(_ limits: ResponseAudit.Limits = .init()) -> ResponseAudit {
        ResponseAudit(
            home: home.path, limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: 1)
    }

    private func verify() throws -> AuditReport {
        try AgentLogVerifier(home: Home(home.path)).verify()
    }

    private func event(
        _ number: UInt64, _ kind: ResponseEvent.Kind = .finished, detail: String = ""
    ) throws -> (ResponseEvent, Order?) {
        let id = try #require(DispatchID(bytes: [UInt8](repeating: 7, count: 16)))
        return (
            ResponseEvent(
                sequence: number, dispatchID: id, kind: kind, at: 1_800_000_000_123, exitStatus: 0, output: [1, 2],
                detail: detail), nil
        )
    }

    @Test func `what was written fits, also over a restart`() throws {
        var first = open()
        first.append([try event(10, .started), try event(11)])
        var second = open()
        second.append([try event(12, .undone, detail: "a \"quote\"\n, and \"hash\":\"0\"")])
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records == 4)
        #expect(report.last == "2027-01-15T08:00:00.123Z")
        let mode = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `an event that the journal tells of again is not noted twice`() throws {
        var first = open()
        first.append([try event(10), try event(11)])
        var second = open()
        second.append([try event(10), try event(11), try event(12)])
        #expect(try verify().records == 4)
    }

    @Test func `a line that a crash has torn is cut off, and its event noted again`() throws {
        var first = open()
        first.append([try event(10)])
        let whole = try Data(contentsOf: URL(filePath: log))
        first.append([try event(11)])
        let torn = try Data(contentsOf: URL(filePath: log)).prefix(whole.count + 40)
        try torn.write(to: URL(filePath: log))
        // The head is written after the log: at the crash it was still the old one.
        try FileManager.default.removeItem(atPath: home.path + "/var/audit.head")
        var second = open()
        second.append([try event(10), try event(11)])
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records == 3)
    }

    @Test func `a file that is moved aside is followed by the next, and old ones go`() throws {
        var limits = ResponseAudit.Limits()
        limits.size = 2_000
        limits.files = 3
        var audit = open(limits)
        for number in 10..<30 { audit.append([try event(UInt64(number))]) }
        #expect(FileManager.default.fileExists(atPath: log + ".1"))
        #expect(try verify().finding == nil)
        #expect(try verify().records == 21)
        for number in 30..<100 { audit.append([try event(UInt64(number))]) }
        #expect(!FileManager.default.fileExists(atPath: log + ".4"))
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records + report.removed == 91)
        #expect(report.removed > 0)
        // The oldest that is left must not be left out unnoticed in the middle.
        try FileManager.default.removeItem(atPath: log + ".1")
        try FileManager.default.moveItem(atPath: log + ".2", toPath: log + ".1")
        #expect(try verify().finding != nil)
    }

    @Test func `lines that were cut off stay missing after the next start`() throws {
        var first = open()
        first.append([try event(10), try event(11), try event(12)])
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        try (lines.dropLast(2).joined(separator: "\n") + "\n").write(toFile: log, atomically: true, encoding: .utf8)
        #expect(try verify().finding?.sequence == 3)
        var second = open()
        second.append([try event(13)])
        #expect(try verify().finding?.sequence == 3)
    }

    @Test(arguments: [Int64.min, -1, 0, (1 << 62) + 1, .max], [0, 1])
    func `a number that no line can have is found, and survived by the next start`(number: Int64, line: Int) throws {
        var audit = open()
        audit.append([try event(10)])
        var lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
        lines[line] = lines[line].replacing("\"sequence\":\(line + 1)", with: "\"sequence\":\(number)")
        try (lines.joined(separator: "\n") + "\n").write(toFile: log, atomically: true, encoding: .utf8)
        #expect(try verify().finding?.sequence == Int64(line + 1))
        var next = open()
        next.append([try event(11), try event(12)])
        #expect(try verify().finding != nil)
    }

    @Test func `a line longer than all that is usually read at its end is taken up`() throws {
        var first = open()
        first.append([try event(10)])
        first.append([try event(11, detail: String(repeating: "x", count: 1 << 20))])
        var second = open()
        second.append([try event(11), try event(12)])
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records == 4)
    }

    @Test func `a start right after a file was moved aside goes on behind it`() throws {
        var first = open()
        first.append([try event(10), try event(11)])
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        var second = open()
        second.append([try event(10), try event(11), try event(12)])
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records == 4)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("\"previous\":"))
    }

    @Test func `a record that is gone is found`() throws {
        var audit = open()
        audit.append([try event(10)])
        try FileManager.default.removeItem(atPath: log)
        #expect(try verify().finding?.sequence == 1)
    }

    @Test func `what cannot be written waits`() throws {
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        var audit = open()
        audit.append([try event(10)])
        try FileManager.default.removeItem(atPath: log)
        audit.append([try event(11)])
        let report = try verify()
        #expect(report.finding == nil)
        #expect(report.records == 2)
    }
}
