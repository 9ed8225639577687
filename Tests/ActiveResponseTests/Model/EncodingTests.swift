import ActiveResponse
import Testing

@Suite struct EncodingTests {
    private var full: Order {
        var full = order(
            1, user: "eve", filename: "/etc/x", timeout: 600, expiresAt: 1_700_000_000_000, extra: ["", "a b", "ü"],
            convention: .json, offenders: [0, 10, 0])
        full.kind = .undo(by: "")
        full.containment = Containment(
            sha256: Array(repeating: 7, count: 32), runAs: "nobody", memory: 1 << 40, fileSize: 1, processes: 64)
        return full
    }

    @Test func `who wants an undo is read as something for a line of a log`() throws {
        let by = "root\n" + String(repeating: "x", count: 1 << 20)
        let read = try Order(encoded: order(1).undone(by: by).encoded())
        #expect(read.kind == .undo(by: "root?" + String(repeating: "x", count: 4091)))
    }

    @Test func `an order comes back as it was`() throws {
        #expect(try Order(encoded: full.encoded()) == full)
        let plain = order(2, address: nil, execTimeout: 0, alert: "")
        #expect(try Order(encoded: plain.encoded()) == plain)
    }

    @Test(arguments: ResponseEvent.Kind.allCases)
    func `an event comes back as it was`(kind: ResponseEvent.Kind) throws {
        let full = ResponseEvent(
            sequence: .max, dispatchID: dispatch(1), kind: kind, at: 1, exitStatus: 0, signal: 9,
            durationMilliseconds: 0, undoDue: 253_402_300_799_999, output: [0, 255], detail: "x")
        #expect(try ResponseEvent(encoded: full.encoded()) == full)
        let empty = ResponseEvent(dispatchID: dispatch(1), kind: kind, at: 0)
        #expect(try ResponseEvent(encoded: empty.encoded()) == empty)
    }

    @Test func `every record comes back as it was`() throws {
        let deadline = Deadline(after: 5000, from: Moment(wall: 1, boot: 2), bootID: "boot")
        let records: [JournalRecord] = [
            .numbered(through: 1 << 62), .order(full), .started(dispatch(1), nil), .started(dispatch(1), deadline),
            .active(dispatch(1)), .due(dispatch(1), deadline), .undoRequested(dispatch(1), by: "root"),
            .undoing(dispatch(1)), .finished(dispatch(1), .nothingRan, at: 0), .finished(dispatch(1), .undone, at: 9),
            .repetition(ResponseKey(of: full), count: 3, at: 7),
            .event(ResponseEvent(dispatchID: dispatch(2), kind: .undone, at: 5)), .acknowledged(through: 0),
        ]
        for record in records { #expect(try JournalRecord(encoded: record.encoded()) == record) }
    }

    @Test func `a record with a number that could not be calculated with is an error`() {
        var endless = full
        endless.timeout = .max
        let records: [JournalRecord] = [
            .numbered(through: .max), .acknowledged(through: .max), .order(endless),
            .finished(dispatch(1), .ran, at: .min), .repetition(ResponseKey(of: full), count: 1, at: .max),
            .event(ResponseEvent(sequence: .max, dispatchID: dispatch(2), kind: .undone, at: 5)),
        ]
        for record in records {
            #expect(throws: (any Error).self, "\(record)") { try JournalRecord(encoded: record.encoded()) }
        }
    }

    @Test func `a message cut short or changed is an error or another message, never a crash`() {
        let bytes = full.encoded()
        for length in 0..<bytes.count {
            // A cut between two fields leaves a whole message without the later ones.
            if let read = try? Order(encoded: Array(bytes[..<length])) { #expect(read != full) }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x55
            _ = try? Order(encoded: changed)
            _ = try? ResponseEvent(encoded: changed)
            _ = try? JournalRecord(encoded: changed)
        }
    }

    @Test func `an order without what it cannot do without is an error`() {
        #expect(throws: (any Error).self) { try Order(encoded: []) }
        #expect(throws: (any Error).self) { try ResponseEvent(encoded: []) }
        #expect(throws: (any Error).self) { try JournalRecord(encoded: []) }
    }
}
