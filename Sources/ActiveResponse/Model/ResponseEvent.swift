package import Wire

/// One thing that happened to a dispatch on the machine that runs it, on its way to the manager's ledger.
///
/// Events are kept in the journal until the manager has acknowledged them.
package struct ResponseEvent: Sendable, Equatable {
    /// What happened.
    ///
    /// The raw values are part of the protocol and of the journal.
    package enum Kind: UInt64, Sendable, CaseIterable {
        /// The order is in the journal. This is its acknowledgement; it comes first for every order, also for one
        /// that is then refused, and again when the same order arrives again.
        case received = 1
        /// The script runs with `add`. A stateful dispatch has its `undoDue` from here on.
        case started = 2
        /// A stateless run ended by itself; `exitStatus` 0 means that it succeeded.
        case finished = 3
        /// A stateful run ended, with whatever status: its undo is due at `undoDue`.
        case active = 4
        /// Another dispatch is active for the same key: nothing was run for this one, the other one's time was
        /// prolonged where needed. `detail` is the other one's id.
        case prolonged = 5
        /// The undo of this active dispatch is due at another time; `detail` names the dispatch that caused it.
        case undoDueChanged = 6
        /// The script runs with `delete`.
        case undoing = 7
        /// The undo succeeded, or nothing had to be undone.
        case undone = 8
        /// The undo failed; `detail` says when it is tried again.
        case undoFailed = 9
        /// The script could not be started, or a stateless one was killed; `detail` says why.
        case failed = 10
        /// The order is not one that this machine runs; `detail` is the reason.
        case refused = 11
        /// The order was too old when its turn came.
        case expired = 12
        /// A stateless run was interrupted by a stop of the machine or the daemon: nobody knows how it ended.
        case unknown = 13
        /// An active response was found not to be in force any more, and was applied again.
        case restored = 14

        /// The word for it in logs.
        package var name: String { Self.names[self] ?? "" }

        /// Made once: asking the language for a case's name takes longer than everything else in a line of the log.
        private static let names = Dictionary(uniqueKeysWithValues: allCases.map { ($0, "\($0)") })

        /// Whether nothing of the dispatch is in force or to come then, as far as one can tell: an undo that failed may
        /// never succeed.
        package var endsResponse: Bool {
            switch self {
            case .finished, .prolonged, .undone, .undoFailed, .failed, .refused, .expired, .unknown: true
            case .received, .started, .active, .undoDueChanged, .undoing, .restored: false
            }
        }
    }

    /// Strictly increasing on one machine, also across restarts; numbers may be left out.
    package var sequence: UInt64
    package var dispatchID: DispatchID
    package var kind: Kind
    /// When it happened, in unix milliseconds.
    package var at: Int64
    package var exitStatus: Int32?
    /// The signal that ended the script.
    package var signal: Int32?
    package var durationMilliseconds: Int64?
    /// When the undo is due, in unix milliseconds.
    package var undoDue: Int64?
    /// When an undo that failed is tried again, in unix milliseconds; nil when it was given up.
    package var retryAt: Int64?
    /// The last 64 KiB of what the script printed.
    package var output: [UInt8]
    package var detail: String

    package init(
        sequence: UInt64 = 0, dispatchID: DispatchID, kind: Kind, at: Int64, exitStatus: Int32? = nil,
        signal: Int32? = nil, durationMilliseconds: Int64? = nil, undoDue: Int64? = nil, retryAt: Int64? = nil,
        output: [UInt8] = [], detail: String = ""
    ) {
        self.sequence = sequence
        self.dispatchID = dispatchID
        self.kind = kind
        self.at = at
        self.exitStatus = exitStatus
        self.signal = signal
        self.durationMilliseconds = durationMilliseconds
        self.undoDue = undoDue
        self.retryAt = retryAt
        self.output = output
        self.detail = detail
    }
}

extension ResponseEvent {
    private enum Field {
        static let sequence = 1
        static let dispatchID = 2
        static let kind = 3
        static let at = 4
        static let exitStatus = 5
        static let signal = 6
        static let duration = 7
        static let undoDue = 8
        static let output = 9
        static let detail = 10
        static let retryAt = 11
    }

    /// The event as a message.
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 96 + output.count + detail.utf8.count)
        writer.write(sequence, field: Field.sequence)
        writer.write(dispatchID.bytes, field: Field.dispatchID)
        writer.write(kind.rawValue, field: Field.kind)
        writer.write(at, field: Field.at)
        Self.write(exitStatus.map(Int64.init), field: Field.exitStatus, to: &writer)
        Self.write(signal.map(Int64.init), field: Field.signal, to: &writer)
        Self.write(durationMilliseconds, field: Field.duration, to: &writer)
        Self.write(undoDue, field: Field.undoDue, to: &writer)
        if !output.isEmpty { writer.write(output, field: Field.output) }
        if !detail.isEmpty { writer.write(detail, field: Field.detail) }
        Self.write(retryAt, field: Field.retryAt, to: &writer)
        return writer.bytes
    }

    /// Writes an integer that may be absent: one more than its value when it is not negative, because zero itself
    /// would be left out, and that means absent.
    private static func write(_ value: Int64?, field: Int, to writer: inout FieldWriter) {
        guard let value else { return }
        writer.write(value >= 0 ? value &+ 1 : value, field: field)
    }

    private static func optional(_ field: FieldReader.Field) throws(WireError) -> Int64 {
        let value = try field.signed()
        return value > 0 ? value - 1 : value
    }

    /// Reads an event; fields of a newer version are skipped, times that no clock shows are brought near.
    ///
    /// - Throws: when the bytes are not a message, or it lacks the dispatch, or its kind is not known.
    package init(encoded bytes: [UInt8]) throws(WireError) {
        var id: DispatchID?
        var kind: Kind?
        var event = ResponseEvent(dispatchID: .zero, kind: .received, at: 0)
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.sequence: event.sequence = try field.unsigned()
            case Field.dispatchID: id = DispatchID(bytes: try field.bytes())
            case Field.kind: kind = Kind(rawValue: try field.unsigned())
            case Field.at: event.at = try field.time()
            case Field.exitStatus: event.exitStatus = Int32(truncatingIfNeeded: try Self.optional(field))
            case Field.signal: event.signal = Int32(truncatingIfNeeded: try Self.optional(field))
            case Field.duration: event.durationMilliseconds = try Self.optional(field)
            case Field.undoDue: event.undoDue = try Self.optional(field).nearestTime
            case Field.output: event.output = try field.bytes()
            case Field.detail: event.detail = try field.text()
            case Field.retryAt: event.retryAt = try Self.optional(field).nearestTime
            default: break
            }
        }
        guard let id else { throw .missing(field: Field.dispatchID) }
        guard let kind else { throw .missing(field: Field.kind) }
        event.dispatchID = id
        event.kind = kind
        self = event
    }
}
