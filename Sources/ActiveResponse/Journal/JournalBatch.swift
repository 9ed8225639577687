import Wire

/// Records that belong together: the end of a dispatch and the event about it are both in the journal or neither is.
///
/// A batch is one record of the file, under one checksum. One that holds a single record has that record's own form,
/// which is also the form of everything that older versions wrote.
package struct JournalBatch: Sendable {
    private enum Field {
        static let kind = 1
        static let record = 15
    }

    /// Follows the kinds of ``JournalRecord``.
    private static let kind: UInt64 = 13
    /// A batch of this size ends as soon as it may, in bytes: a record of the file has an upper limit.
    private static let softLimit = 1 << 20
    /// A batch of this size ends wherever it stands; what is larger is a single order with its alert.
    private static let hardLimit = 2 << 20

    private var records: [[UInt8]] = []
    private var size = 0
    private var endsWithEvent = false

    package init() {}

    package var isEmpty: Bool { records.isEmpty }

    /// Adds a record.
    ///
    /// What follows from one step begins with changes of the table and ends with events about them, so a batch that
    /// has become large ends before the first change that comes after an event.
    ///
    /// - Parameter bytes: gets the batch so far, in the file's form, when it ends before this record.
    package mutating func add(_ record: JournalRecord, into bytes: inout [UInt8]) {
        var isEvent = false
        if case .event = record { isEvent = true }
        let mayEnd = endsWithEvent && !isEvent
        let encoded = record.encoded()
        if size + encoded.count > (mayEnd ? Self.softLimit : Self.hardLimit) { end(into: &bytes) }
        records.append(encoded)
        size += encoded.count
        endsWithEvent = isEvent
    }

    /// Ends the batch, in the file's form, and begins the next one.
    package mutating func end(into bytes: inout [UInt8]) {
        guard let first = records.first else { return }
        JournalScanner.append(records.count == 1 ? first : Self.encoded(records, size), to: &bytes)
        records.removeAll(keepingCapacity: true)
        size = 0
        endsWithEvent = false
    }

    private static func encoded(_ records: [[UInt8]], _ size: Int) -> [UInt8] {
        var writer = FieldWriter(reserving: size + 8 * records.count + 8)
        writer.write(kind, field: Field.kind)
        for record in records { writer.write(record, field: Field.record) }
        return writer.bytes
    }

    /// Reads what one record of the file holds.
    ///
    /// - Returns: its records in their order, and how many this version does not understand.
    package static func records(of payload: ArraySlice<UInt8>) -> (known: [JournalRecord], unknown: Int) {
        guard let parts = try? parts(of: payload) else { return ([], 1) }
        var known: [JournalRecord] = []
        for part in parts {
            if let record = try? JournalRecord(encoded: part) { known.append(record) }
        }
        return (known, parts.count - known.count)
    }

    /// The encoded records of a payload; itself when it is no batch.
    private static func parts(of payload: ArraySlice<UInt8>) throws(WireError) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var isBatch = false
        var reader = FieldReader(payload)
        while let field = try reader.next() {
            switch field.number {
            // The kind is written first, so nothing else is looked at in a single record.
            case Field.kind:
                isBatch = try field.unsigned() == kind
                if !isBatch { return [Array(payload)] }
            case Field.record where isBatch: parts.append(try field.bytes())
            default: break
            }
        }
        return isBatch ? parts : [Array(payload)]
    }
}
