import ActiveResponse
import TestSupport
import Testing

/// The journal's real file, torn and damaged at every place.
@Suite(.timeLimit(.minutes(5))) struct `A damaged journal` {
    private static let id = DispatchID.of(alertIdentity: [1], activeResponse: "ban", agent: "001", action: "add")
    private static let order = Order(
        id: id, command: "ban", activeResponse: "ban", executable: "ban", sourceAddress: "192.0.2.7",
        alertID: "1.2", ruleID: "5712", agentName: "web-03", agentID: "001", timeout: 600, execTimeout: 60)
    private static let records: [JournalRecord] = [
        .order(order),
        .started(id, Deadline(after: 600_000, from: Moment(wall: 1_750_000_000_000, boot: 1000), bootID: "boot")),
        .active(id), .event(ResponseEvent(sequence: 1, dispatchID: id, kind: .active, at: 1)),
        .acknowledged(through: 1), .finished(id, .undone, at: 1_750_000_000_000),
    ]

    private let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    /// Opens a journal of these bytes; each in a file of its own, because a program that another test starts at the
    /// same moment can hold the lock of the last one a little longer.
    private func open(_ bytes: [UInt8], as name: String) throws -> ResponseJournal.Opened {
        try home.write(bytes, to: "var/\(name)")
        return try ResponseJournal.open(home.path + "/var/" + name)
    }

    /// The bytes of the records, and where each ends.
    private func file() -> (bytes: [UInt8], ends: [Int]) {
        var bytes: [UInt8] = []
        let ends = Self.records.map { record in
            JournalScanner.append(record.encoded(), to: &bytes)
            return bytes.count
        }
        return (bytes, ends)
    }

    @Test func `torn anywhere, it holds every record that was whole, and is mended once`() throws {
        let (bytes, ends) = file()
        for cut in 0...bytes.count {
            let whole = ends.count { $0 <= cut }
            let opened = try open(Array(bytes[..<cut]), as: "torn-\(cut)")
            #expect(opened.records == Array(Self.records[..<whole]), "cut at \(cut)")
            #expect(opened.damagedBytes == cut - (whole == 0 ? 0 : ends[whole - 1]), "cut at \(cut)")
            #expect(opened.journal.rewrite(opened.records) && opened.journal.synchronize())
            let again = try open(try #require(home.bytes(of: "var/torn-\(cut)")), as: "mended-\(cut)")
            #expect(again.records == opened.records, "cut at \(cut)")
            #expect(again.damagedBytes == 0, "cut at \(cut)")
        }
    }

    @Test func `one wrong byte anywhere costs one record`() throws {
        let (bytes, ends) = file()
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 0xFF
            var expected = Self.records
            expected.remove(at: ends.count { $0 <= place })
            #expect(try open(damaged, as: "damaged-\(place)").records == expected, "damaged at \(place)")
        }
    }
}
