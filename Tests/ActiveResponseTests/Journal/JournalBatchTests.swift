import ActiveResponse
import Testing
import TestSupport

@Suite struct JournalBatchTests {
    private func file(_ batches: [[JournalRecord]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for records in batches {
            var batch = JournalBatch()
            for record in records { batch.add(record, into: &bytes) }
            batch.end(into: &bytes)
        }
        return bytes
    }

    private func records(in bytes: [UInt8]) -> [[JournalRecord]] {
        JournalScanner.scan(bytes).payloads.map { JournalBatch.records(of: $0).known }
    }

    private func event(_ number: UInt8, output: Int = 0) -> JournalRecord {
        .event(
            ResponseEvent(
                sequence: UInt64(number) + 1, dispatchID: dispatch(number), kind: .undone, at: 1,
                output: [UInt8](repeating: 7, count: output)))
    }

    @Test func `batches come back whole, and a single record has its own form`() {
        let batches = [
            [JournalRecord.finished(dispatch(1), .undone, at: 1), event(1)], [.active(dispatch(2))],
            [.order(order(3)), event(3), .started(dispatch(3), nil)],
        ]
        #expect(records(in: file(batches)) == batches)
        var single: [UInt8] = []
        JournalScanner.append(JournalRecord.active(dispatch(2)).encoded(), to: &single)
        #expect(file([[.active(dispatch(2))]]) == single)
        #expect(file([[]]).isEmpty)
    }

    @Test func `torn anywhere, the end of a dispatch and its event are both there or neither is`() {
        let first = [JournalRecord.active(dispatch(1))]
        let last = [JournalRecord.finished(dispatch(1), .undone, at: 1), event(1)]
        let bytes = file([first, last])
        for cut in file([first]).count...bytes.count {
            #expect(records(in: Array(bytes[..<cut])) == (cut == bytes.count ? [first, last] : [first]), "at \(cut)")
        }
    }

    @Test func `a journal of an older version is read, and records of a newer one are counted`() throws {
        let home = try TemporaryHome()
        let old: [JournalRecord] = [.order(order(1, timeout: 60)), .active(dispatch(1)), event(1)]
        var bytes: [UInt8] = []
        for record in old { JournalScanner.append(record.encoded(), to: &bytes) }
        // A batch with one record of a kind that does not exist yet.
        JournalScanner.append([0x08, 13, 0x7A, 2, 0x08, 0x63] + [0x7A, 2, 0x08, 0x63], to: &bytes)
        try home.write(bytes, to: "var/journal")
        let opened = try ResponseJournal.open(home.path + "/var/journal")
        #expect(opened.records == old)
        #expect(opened.unknownRecords == 2)
        #expect(opened.damagedBytes == 0)
    }

    @Test func `what is too large for one batch is divided where a step ends`() {
        let steps = (0..<100 as Range<UInt8>).map { number in
            [JournalRecord.finished(dispatch(number), .ran, at: 1), event(number, output: 60_000)]
        }
        let batches = records(in: file([steps.flatMap { $0 }]))
        #expect(batches.count > 1)
        #expect(batches.flatMap { $0 } == steps.flatMap { $0 })
        for batch in batches {
            #expect(batch.count.isMultiple(of: 2))
            #expect(batch.reduce(0) { $0 + $1.encoded().count } < 4 << 20)
        }
    }
}
