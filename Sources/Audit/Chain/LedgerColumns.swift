package import GRDB

/// A list of columns whose values are hashed together, in a form in which no two different rows are the same bytes.
///
/// Each value stands with its column's name, its kind and its length. One that is null is left out, so that a column
/// which a later version adds changes nothing for the rows before it.
package struct LedgerColumns: Sendable {
    package let names: [String]
    private let heads: [[UInt8]]

    private init(_ names: [String]) {
        self.names = names
        heads = names.map { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    /// The names as SQL has them.
    package var sql: String { names.joined(separator: ", ") }

    /// What a record says that happened.
    package static let event = LedgerColumns([
        "dispatch_id", "at", "event", "state", "detail", "undo_due", "exit_status", "duration_ms", "output",
        "undo_retry",
    ])

    /// What stands in a record beside ``event``: whose report it is, the digest of what was decided (in the record that
    /// made a dispatch, and in the one that let a held one out), and what became of the dispatch by it.
    package static let seal = LedgerColumns(["reporter", "facts", "progress"])

    /// A whole record.
    package static let record = LedgerColumns(["seq"] + event.names + seal.names)

    /// What of a dispatch stays as it was decided; only the release of a held one changes when it expires.
    package static let facts = LedgerColumns([
        "id", "command", "active_response", "agent_id", "agent_name", "alert_id", "rule_id", "user", "srcip",
        "filename",
        "created", "expires", "stateful",
    ])

    /// Why and until when a dispatch was held; null for one that was not.
    package static let hold = LedgerColumns(["hold_reason", "hold_deadline", "hold_approves"])

    /// What was decided: ``facts``, the order and ``hold``, of which a record holds the digest.
    package static let decision = LedgerColumns(facts.names + ["encoded"] + hold.names)

    /// The tables in which ``decision`` stands.
    package static let decisionTables = "dispatch JOIN dispatch_order USING (seq) LEFT JOIN dispatch_hold USING (seq)"

    /// What the records of a dispatch add up to.
    package static let progress = LedgerColumns([
        "state", "delivered", "undo_due", "exit_status", "duration_ms", "output_event", "undo_by",
        "undo_retry",
    ])

    /// The bytes of a row's values, which are in the order of ``names``.
    package func canonical(_ values: [DatabaseValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        // By index and of one type: this is done for every record, and a generic walk costs more than the hash.
        for index in 0..<min(heads.count, values.count) {
            let head = heads[index]
            switch values[index].storage {
            case .null: continue
            case .int64(let number):
                bytes += head
                Self.append(UInt64(bitPattern: number), kind: "i", to: &bytes)
            case .double(let number):
                bytes += head
                Self.append(number.bitPattern, kind: "d", to: &bytes)
            case .string(let text):
                bytes += head
                Self.append(UInt64(text.utf8.count), kind: "s", to: &bytes)
                bytes += text.utf8
            case .blob(let data):
                bytes += head
                Self.append(UInt64(data.count), kind: "b", to: &bytes)
                bytes += data
            }
        }
        return bytes
    }

    private static func append(_ number: UInt64, kind: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: kind))
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}
