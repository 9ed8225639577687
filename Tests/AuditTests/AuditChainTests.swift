import GRDB
import Testing

@testable import Audit

@Suite("Audit chain")
struct AuditChainTests {
    @Test func `a hash is read from its digits and from nothing else`() throws {
        let hash = try AuditHash.start.next(Array("abc".utf8))
        #expect(AuditHash(hex: hash.description) == hash)
        for text in ["", "00", String(repeating: "0", count: 63), String(repeating: "g", count: 64)] {
            #expect(AuditHash(hex: text) == nil)
        }
    }

    @Test func `each hash covers the record and the hash before it`() throws {
        // (head -c 32 /dev/zero; printf abc) | sha256sum
        let first = try AuditHash.start.next(Array("abc".utf8))
        #expect(first.description == "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370")
        #expect(try first.next([1]) != AuditHash.start.next([1]))
        #expect(try first.next([1]) != first.next([2]))
    }

    @Test func `no two different rows are the same bytes`() {
        let columns = LedgerColumns.event
        let rows: [[DatabaseValue]] = [
            ["ab".databaseValue, "c".databaseValue], ["a".databaseValue, "bc".databaseValue],
            ["abc".databaseValue, .null], [.null, "abc".databaseValue], ["".databaseValue, "abc".databaseValue],
            [1.databaseValue, .null], ["1".databaseValue, .null], [0.databaseValue, .null], [.null, .null],
        ]
        #expect(Set(rows.map { columns.canonical($0) }).count == rows.count)
    }

    @Test func `a column that is added later changes nothing for rows without it`() {
        let values: [DatabaseValue] = [1.databaseValue, 2.databaseValue]
        #expect(LedgerColumns.event.canonical(values) == LedgerColumns.event.canonical(values + [.null]))
    }

    @Test func `runs come back as they were written`() throws {
        let hash = try AuditHash.start.next([7])
        let runs = [
            RemovedRun(first: 1, last: 300, before: .start, after: hash),
            RemovedRun(first: 1 << 40, last: 1 << 41, before: hash, after: .start),
        ]
        let bytes = RemovedRun.encode(runs)
        #expect(RemovedRun.decode(bytes) == runs)
        #expect(RemovedRun.decode(Array(bytes.dropLast())) == nil)
    }
}
