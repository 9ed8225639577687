import ActiveResponse
import ChaosChecking
import Foundation
import TestSupport

/// The journal of a program that does not run.
struct JournalFile {
    let path: String

    init(home: String) {
        path = home + "/var/journal"
    }

    /// The dispatches that are not over.
    func open() throws -> Set<String> {
        var table = ResponseTable(bootID: "")
        for payload in JournalScanner.scan(try bytes()).payloads {
            for record in JournalBatch.records(of: payload).known { table.replay(record) }
        }
        return Set(table.dispatches.keys.map(\.description))
    }

    /// Cuts the last batch of records in the middle.
    ///
    /// - Returns: what is lost with it.
    func cutLastBatch(variant: Int) throws -> [TornRecord] {
        guard let payload = JournalScanner.scan(try bytes()).payloads.last else { return [] }
        // Twelve bytes of head stand before the payload; at least one byte stays and one goes.
        let start = payload.startIndex - 12
        let end = start + 1 + variant % (payload.endIndex - start - 1)
        guard truncate(path, off_t(end)) == 0 else { throw NotSeen("cannot cut \(path): \(errno)") }
        return JournalBatch.records(of: payload).known.map(Self.torn)
    }

    /// Appends the beginning of a record, or bytes that are none.
    func appendGarbage(variant: Int) throws {
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw NotSeen("cannot open \(path): \(errno)") }
        defer { close(descriptor) }
        var garbage = (0..<(1 + variant % 200)).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ variant) }
        if variant % 2 == 0 { garbage = Array("EDRJ".utf8) + [200, 0, 0, 0] + garbage }
        guard write(descriptor, garbage, garbage.count) == garbage.count else {
            throw NotSeen("cannot append to \(path): \(errno)")
        }
    }

    private func bytes() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static func torn(_ record: JournalRecord) -> TornRecord {
        switch record {
        case .order(let order): TornRecord(kind: .order, dispatch: order.id.description)
        case .started(let id, _): TornRecord(kind: .started, dispatch: id.description)
        case .active(let id): TornRecord(kind: .active, dispatch: id.description)
        case .due(let id, _): TornRecord(kind: .due, dispatch: id.description)
        case .undoRequested(let id, _): TornRecord(kind: .undoRequested, dispatch: id.description)
        case .undoing(let id): TornRecord(kind: .undoing, dispatch: id.description)
        case .finished(let id, _, _): TornRecord(kind: .finished, dispatch: id.description)
        case .event(let event): TornRecord(kind: .event, dispatch: event.dispatchID.description)
        case .repetition: TornRecord(kind: .repetition, dispatch: nil)
        case .numbered, .acknowledged, .keys, .addFailed, .confirmationWanted, .confirmed:
            TornRecord(kind: .bookkeeping, dispatch: nil)
        }
    }
}
