import ActiveResponse
import Foundation
import GRDB
import Logging
import Synchronization
import Testing

@testable import Manager

/// The implementations of the ledger and the conditions under which each has to keep the contract.
enum LedgerImplementation: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    /// Closed and opened again before every question: whatever was committed has to be in the file.
    case sqliteReopened

    var testDescription: String { rawValue }
}

/// A ledger in a folder of its own, which disappears with it.
final class LedgerFixture {
    let path: String
    private let folder: URL
    private let implementation: LedgerImplementation
    private let retryPause: Duration?
    private var current: SQLiteLedger

    /// - Parameter retryPause: nil fails at once what cannot be written.
    init(_ implementation: LedgerImplementation, retryPause: Duration? = nil) throws {
        self.retryPause = retryPause
        folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "ledger.sqlite").path
        self.implementation = implementation
        current = try SQLiteLedger(path: path, logger: .quiet, retryPause: retryPause)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The ledger for the next call.
    var ledger: any Ledger {
        get async throws {
            if implementation == .sqliteReopened {
                await current.close()
                current = try SQLiteLedger(path: path, logger: .quiet, retryPause: retryPause)
            }
            return current
        }
    }
}

/// Runs a body with a ledger and closes it.
func withLedger(
    _ implementation: LedgerImplementation, _ body: (LedgerFixture) async throws -> Void
) async throws {
    let fixture = try LedgerFixture(implementation)
    try await body(fixture)
    await (try fixture.ledger).close()
}

extension Ledger {
    /// What ``forEachDispatchID(_:)`` hands over.
    func dispatchIDs() async throws -> [DispatchID] {
        let ids = Mutex<[DispatchID]>([])
        try await forEachDispatchID { id in ids.withLock { $0.append(id) } }
        return ids.withLock(\.self)
    }
}

extension Logger {
    /// One that says nothing.
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Somebody who holds the write lock of a ledger, as an administrator with `sqlite3` and `BEGIN IMMEDIATE` does.
struct LedgerIntruder {
    private let connection: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        // The ledger may be writing this very moment.
        configuration.busyMode = .timeout(60)
        connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    }

    /// Gives the lock back.
    func leave() async throws {
        try await connection.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try connection.close()
    }
}

/// Hands every message that is logged to a closure.
struct ListeningLogHandler: LogHandler {
    let body: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    init(_ body: @escaping @Sendable (String) -> Void) {
        self.body = body
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        body(event.message.description)
    }
}

extension NewDispatch {
    /// A response with unremarkable values, decided and queued.
    static func sample(
        _ number: Int, agent: String = "001", state: DispatchState = .queued, stateful: Bool = true
    ) throws -> NewDispatch {
        let id = try dispatchID(number)
        let at = Int64(1_000 + number)
        return NewDispatch(
            facts: DispatchFacts(
                id: id, command: "firewall-drop", activeResponse: "firewall-drop#1", agentID: agent,
                agentName: "web-\(agent)", alertID: "1580123327.\(number)", ruleID: "5710", user: "root",
                sourceAddress: "203.0.113.7", filename: nil, created: at, expires: at + 3_600_000,
                isStateful: stateful),
            order: [1, 2, 3, UInt8(truncatingIfNeeded: number)],
            events: [
                DispatchEvent(dispatch: id, at: at, name: "decided", detail: "rule 5710"),
                DispatchEvent(dispatch: id, at: at, name: state.rawValue, state: state),
            ])
    }
}

/// The id of a test's dispatch: its number is in the first byte.
func dispatchID(_ number: Int) throws -> DispatchID {
    let tail = [UInt8](repeating: 0xAB, count: 12)
    let head = [number >> 0, number >> 8, number >> 16, number >> 24].map { UInt8(truncatingIfNeeded: $0) }
    return try #require(DispatchID(bytes: head + tail))
}

/// A report of agent 001.
func report(
    _ number: Int, _ name: String, _ state: DispatchState?, sequence: UInt64, journal: String = "a",
    at: Int64 = 5_000
) throws -> DispatchEvent {
    DispatchEvent(
        dispatch: try dispatchID(number), at: at, name: name, state: state,
        report: ReportPosition(agent: "001", journal: journal, sequence: sequence))
}
