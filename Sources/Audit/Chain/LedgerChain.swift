package import Foundation
package import GRDB
package import TLS

/// Adds records to the chain of a ledger, inside the transaction of the caller.
package struct LedgerChain {
    /// In the place of a dispatch's id: the record is about the manager itself.
    package static let noDispatch = Data(repeating: 0, count: 16)

    package private(set) var head: ChainHead

    /// Goes on after a record.
    package init(after head: ChainHead) {
        self.head = head
    }

    /// Goes on where the ledger's chain ends.
    package init(_ database: Database) throws {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"))
        guard let row else {
            head = .start
            return
        }
        let hash: Data? = row["hash"]
        // A record without a hash was tampered with; the next verification says so, and the manager goes on.
        head = ChainHead(sequence: row["seq"], hash: hash.flatMap { AuditHash($0) } ?? .start)
    }

    /// The number of the next record.
    package var next: Int64 { head.sequence + 1 }

    /// Takes a record up: its number and its hash.
    ///
    /// - Parameter values: in the order of ``LedgerColumns/record``, without the number.
    package mutating func seal(_ values: [DatabaseValue]) throws(TLSError) -> (number: Int64, hash: Data) {
        let number = next
        let record = LedgerColumns.record.canonical([number.databaseValue] + values)
        let hash = try head.hash.next(record)
        head = ChainHead(sequence: number, hash: hash)
        return (number, Data(hash.bytes))
    }

    /// The digest of what was decided about a dispatch, which a record holds.
    ///
    /// - Parameter decision: in the order of ``LedgerColumns/decision``.
    package static func digest(of decision: [DatabaseValue]) throws(TLSError) -> Data {
        Data(try SHA256Digest.of(LedgerColumns.decision.canonical(decision)))
    }
}
