import ActiveResponse
import Wire

/// Reads a journal's file that was torn or damaged, and takes up what is in it.
struct JournalCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        try checkScan(of: bytes)
        let (payloads, rest) = parts
        try checkDamage(to: payloads, with: rest)
        try TableCheck().replay(payloads.flatMap { JournalBatch.records(of: $0[...]).known }, areDamaged: true)
    }

    /// Every byte is a record's or damaged, and what was recovered is the same when it is read again.
    private func checkScan(of file: [UInt8]) throws(Violation) {
        let content = JournalScanner.scan(file)
        let covered =
            Self.file(of: content.payloads.map(Array.init)).count + content.damaged.reduce(0) { $0 + $1.count }
        try demand(covered == file.count, "\(covered) of \(file.count) bytes are accounted for")
        let recovered = JournalScanner.scan(Self.file(of: content.payloads.map(Array.init)))
        try demand(recovered.payloads == content.payloads, "what was recovered changes when it is read again")
        try demand(recovered.damaged.isEmpty, "what was recovered is damaged")
    }

    /// The input as payloads, each behind a byte for its length, up to a length that is not there.
    private var parts: (payloads: [[UInt8]], rest: [UInt8]) {
        var payloads: [[UInt8]] = []
        var rest = bytes[...]
        while let length = rest.first, rest.count > Int(length) {
            payloads.append(Array(rest.dropFirst().prefix(Int(length))))
            rest = rest.dropFirst(1 + Int(length))
        }
        return (payloads, Array(rest))
    }

    private func checkDamage(to payloads: [[UInt8]], with rest: [UInt8]) throws(Violation) {
        let file = Self.file(of: payloads)
        // A torn end, or anything at all behind what was synced.
        for tail in [rest, Array(Self.file(of: [rest]).dropLast())] {
            let content = JournalScanner.scan(file + tail)
            try demand(
                content.payloads.prefix(payloads.count).map(Array.init) == payloads, "whole records are lost at the end"
            )
        }
        guard let place = rest.last.map({ Int($0) * 37 % max(file.count, 1) }), place < file.count else { return }
        var damaged = file
        damaged[place] ^= 0x10
        var end = 0
        let hit = payloads.firstIndex { payload in
            end += Self.file(of: [payload]).count
            return place < end
        }
        guard let hit else { return }
        // What looks like a record in the damaged one's payload may be taken for one.
        let recovered = JournalScanner.scan(damaged).payloads.map(Array.init)
        try demand(recovered.starts(with: payloads[..<hit]), "a damaged byte costs an earlier record")
        try demand(
            recovered.count >= payloads.count - 1
                && recovered.suffix(payloads.count - hit - 1) == payloads[(hit + 1)...],
            "a damaged byte costs a later record")
    }

    private static func file(of payloads: [[UInt8]]) -> [UInt8] {
        payloads.reduce(into: []) { JournalScanner.append($1, to: &$0) }
    }

    static var samples: [[UInt8]] {
        let id = DispatchID.of(alertIdentity: [1], activeResponse: "ban", agent: "001", action: "add")
        let deadline = Deadline(
            after: 600_000, from: Moment(wall: 1_750_000_000_000, boot: 1_000_000), bootID: "boot")
        let order = Order(
            id: id, command: "ban", activeResponse: "ban", executable: "ban", sourceAddress: "192.0.2.7",
            alertID: "1.2", ruleID: "5712", agentName: "web-03", agentID: "001", timeout: 600, execTimeout: 60)
        var undo = order
        undo.kind = .undo(by: "admin")
        let stories: [[JournalRecord]] = [
            [.numbered(through: 4), .order(order), .started(id, deadline), .active(id), .due(id, deadline)],
            [.order(order), .started(id, deadline), .undoRequested(id, by: "admin"), .undoing(id)],
            [.order(order), .started(id, nil), .finished(id, .undone, at: 1_750_000_000_000)],
            [.order(undo), .undoing(id), .repetition(ResponseKey(of: order), count: 2, at: 1_750_000_000_000)],
            [
                .event(ResponseEvent(sequence: 9, dispatchID: id, kind: .active, at: 1, undoDue: 2)),
                .acknowledged(through: 3),
            ],
        ]
        let payloads = stories.map { $0.map { $0.encoded() } } + extremes(id, order)
        return payloads.map { $0.flatMap { [UInt8($0.count)] + $0 } + [200, 1, 2, 3] } + payloads.map(file(of:))
    }

    /// Records with the largest and the smallest numbers, which no program of ours writes.
    private static func extremes(_ id: DispatchID, _ order: Order) -> [[[UInt8]]] {
        [Int64.max, .min].map { number in
            var order = order
            order.timeout = number
            order.expiresAt = number
            let event = ResponseEvent(
                sequence: UInt64(bitPattern: number), dispatchID: id, kind: .active, at: number, undoDue: number)
            let records: [JournalRecord] = [
                .numbered(through: UInt64(bitPattern: number)), .order(order), .event(event),
                .repetition(ResponseKey(of: order), count: Int(number), at: number),
                .acknowledged(through: UInt64(bitPattern: number)),
                .finished(.of(alertIdentity: [2], activeResponse: "", agent: "", action: ""), .ran, at: number),
            ]
            var due = FieldWriter()
            due.write(5 as UInt64, field: 1)
            due.write(id.bytes, field: 2)
            due.write("boot", field: 7)
            for field in 8...10 { due.write(number, field: field) }
            return records.map { $0.encoded() } + [due.bytes]
        }
    }
}
