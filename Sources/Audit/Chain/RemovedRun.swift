/// Records that were removed because they were old: which, and how the chain goes over the gap.
///
/// The record that tells of the removal holds the runs, so they are part of the chain themselves.
package struct RemovedRun: Hashable, Sendable {
    package var first: Int64
    package var last: Int64
    /// The hash of the record before the first.
    package var before: AuditHash
    /// The hash of the last.
    package var after: AuditHash

    /// The name of the record that tells of a removal.
    package static let eventName = "removed"
    private static let size = 80

    package init(first: Int64, last: Int64, before: AuditHash, after: AuditHash) {
        self.first = first
        self.last = last
        self.before = before
        self.after = after
    }

    /// The runs as a record holds them.
    package static func encode(_ runs: [RemovedRun]) -> [UInt8] {
        runs.flatMap { run in
            [run.first, run.last].flatMap { number in
                (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) }
            } + run.before.bytes + run.after.bytes
        }
    }

    /// Reads what ``encode(_:)`` made; nil when it is something else.
    package static func decode(_ bytes: [UInt8]) -> [RemovedRun]? {
        guard bytes.count.isMultiple(of: size) else { return nil }
        var runs: [RemovedRun] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            func number(_ offset: Int) -> Int64 {
                (0..<8).reduce(0) { $0 | Int64(bytes[start + offset + $1]) << (8 * Int64($1)) }
            }
            guard let before = AuditHash(bytes[start + 16..<start + 48]),
                let after = AuditHash(bytes[start + 48..<start + 80])
            else { return nil }
            runs.append(RemovedRun(first: number(0), last: number(8), before: before, after: after))
        }
        return runs
    }
}
