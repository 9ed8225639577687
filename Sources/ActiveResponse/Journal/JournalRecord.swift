package import Wire

/// One entry of the journal: a change of the response table, or of the events on their way to the manager.
package enum JournalRecord: Sendable, Equatable {
    /// Stands first in a compacted journal: event numbers up to this one were given away.
    case numbered(through: UInt64)
    /// An order was taken.
    case order(Order)
    /// The script is about to run with `add`; a stateful one has its deadline from here on.
    case started(DispatchID, Deadline?)
    /// The script has asked by `check_keys` whether it may act on these keys.
    case keys(DispatchID, [String])
    /// The `add` of a stateful dispatch has ended.
    case active(DispatchID)
    /// That `add` had failed: the next order of the key is not served by it.
    case addFailed(DispatchID)
    /// The script of the order may cut this machine off: the manager has to be reached through it.
    case confirmationWanted(DispatchID)
    /// The manager was reached through it.
    case confirmed(DispatchID)
    /// The undo is due at another time.
    case due(DispatchID, Deadline)
    /// The undo was asked for before its time.
    case undoRequested(DispatchID, by: String)
    /// The script is about to run with `delete`.
    case undoing(DispatchID)
    /// The dispatch is over, at this unix time in milliseconds.
    case finished(DispatchID, FinishedDispatches.Outcome, at: Int64)
    /// A key was responded to for the n-th time, at this unix time in milliseconds.
    case repetition(ResponseKey, count: Int, at: Int64)
    /// An event for the manager.
    case event(ResponseEvent)
    /// The manager has the events up to this one.
    case acknowledged(through: UInt64)
}

extension JournalRecord {
    private enum Kind {
        static let numbered: UInt64 = 1
        static let order: UInt64 = 2
        static let started: UInt64 = 3
        static let active: UInt64 = 4
        static let due: UInt64 = 5
        static let undoRequested: UInt64 = 6
        static let undoing: UInt64 = 7
        static let finished: UInt64 = 8
        static let repetition: UInt64 = 9
        static let event: UInt64 = 10
        static let acknowledged: UInt64 = 11
        static let keys: UInt64 = 12
        static let confirmationWanted: UInt64 = 13
        static let confirmed: UInt64 = 14
        static let addFailed: UInt64 = 15
    }

    private enum Field {
        static let kind = 1
        static let dispatchID = 2
        static let body = 3
        static let number = 4
        static let at = 5
        static let text = 6
        static let bootID = 7
        static let boot = 8
        static let wall = 9
        static let length = 10
        static let user = 11
        static let sourceAddress = 12
        static let filename = 13
        static let key = 14
    }

    /// The record as a message.
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 96)
        switch self {
        case .numbered(let through):
            writer.write(Kind.numbered, field: Field.kind)
            writer.write(through, field: Field.number)
        case .order(let order):
            writer.write(Kind.order, field: Field.kind)
            writer.write(order.encoded(), field: Field.body)
        case .started(let id, let deadline):
            writer.write(Kind.started, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
            if let deadline { Self.write(deadline, to: &writer) }
        case .keys(let id, let keys):
            writer.write(Kind.keys, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
            for key in keys {
                // A message each: an empty text would be left out.
                var item = FieldWriter(reserving: key.utf8.count + 8)
                item.write(key, field: Field.text)
                writer.write(item.bytes, field: Field.key)
            }
        case .active(let id):
            writer.write(Kind.active, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
        case .addFailed(let id):
            writer.write(Kind.addFailed, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
        case .confirmationWanted(let id):
            writer.write(Kind.confirmationWanted, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
        case .confirmed(let id):
            writer.write(Kind.confirmed, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
        case .due(let id, let deadline):
            writer.write(Kind.due, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
            Self.write(deadline, to: &writer)
        case .undoRequested(let id, let by):
            writer.write(Kind.undoRequested, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
            writer.write(by, field: Field.text)
        case .undoing(let id):
            writer.write(Kind.undoing, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
        case .finished(let id, let outcome, let at):
            writer.write(Kind.finished, field: Field.kind)
            writer.write(id.bytes, field: Field.dispatchID)
            writer.write(outcome.rawValue, field: Field.number)
            writer.write(at, field: Field.at)
        case .repetition(let key, let count, let at):
            writer.write(Kind.repetition, field: Field.kind)
            writer.write(key.command, field: Field.text)
            writer.write(key.user, field: Field.user)
            writer.write(key.sourceAddress, field: Field.sourceAddress)
            writer.write(key.object, field: Field.filename)
            writer.write(UInt64(clamping: count), field: Field.number)
            writer.write(at, field: Field.at)
        case .event(let event):
            writer.write(Kind.event, field: Field.kind)
            writer.write(event.encoded(), field: Field.body)
        case .acknowledged(let through):
            writer.write(Kind.acknowledged, field: Field.kind)
            writer.write(through, field: Field.number)
        }
        return writer.bytes
    }

    private static func write(_ deadline: Deadline, to writer: inout FieldWriter) {
        writer.write(deadline.bootID, field: Field.bootID)
        writer.write(deadline.boot, field: Field.boot)
        writer.write(deadline.wall, field: Field.wall)
        writer.write(deadline.length, field: Field.length)
    }

    /// Reads a record.
    ///
    /// - Throws: when the bytes are not a message, it lacks what its kind needs, a number in it is out of all reason,
    ///   or a newer version wrote its kind.
    package init(encoded bytes: [UInt8]) throws(WireError) {
        let fields = try Fields(bytes)
        switch fields.kind {
        case Kind.numbered: self = .numbered(through: fields.number)
        case Kind.order:
            let order = try Order(encoded: fields.body)
            for number in [order.timeout, order.execTimeout] + order.repeatedOffenders {
                try Self.checkRange(of: number)
            }
            self = .order(order)
        case Kind.started: self = .started(try fields.id, fields.deadline)
        case Kind.keys: self = .keys(try fields.id, fields.keys)
        case Kind.active: self = .active(try fields.id)
        case Kind.addFailed: self = .addFailed(try fields.id)
        case Kind.confirmationWanted: self = .confirmationWanted(try fields.id)
        case Kind.confirmed: self = .confirmed(try fields.id)
        case Kind.due:
            guard let deadline = fields.deadline else { throw .missing(field: Field.bootID) }
            self = .due(try fields.id, deadline)
        case Kind.undoRequested: self = .undoRequested(try fields.id, by: fields.text)
        case Kind.undoing: self = .undoing(try fields.id)
        case Kind.finished:
            guard let outcome = FinishedDispatches.Outcome(rawValue: fields.number) else {
                throw .missing(field: Field.number)
            }
            self = .finished(try fields.id, outcome, at: fields.at)
        case Kind.repetition:
            let key = ResponseKey(
                command: fields.text, user: fields.user, sourceAddress: fields.sourceAddress,
                object: fields.filename)
            self = .repetition(key, count: Int(clamping: fields.number), at: fields.at)
        case Kind.event:
            let event = try ResponseEvent(encoded: fields.body)
            guard event.sequence <= Self.largestCount else { throw .malformed }
            self = .event(event)
        case Kind.acknowledged: self = .acknowledged(through: fields.number)
        default: throw .missing(field: Field.kind)
        }
    }

    /// All fields that some kind of record has.
    private struct Fields {
        var kind: UInt64 = 0
        var dispatchID: DispatchID?
        var body: [UInt8] = []
        var number: UInt64 = 0
        var at: Int64 = 0
        var text = ""
        var user: String?
        var sourceAddress: String?
        var filename: String?
        var keys: [String] = []
        private var bootID: String?
        private var boot: Int64 = 0
        private var wall: Int64 = 0
        private var length: Int64 = 0

        var id: DispatchID {
            get throws(WireError) {
                guard let dispatchID else { throw .missing(field: Field.dispatchID) }
                return dispatchID
            }
        }

        var deadline: Deadline? {
            bootID.map { Deadline(bootID: $0, boot: boot, wall: wall, length: length) }
        }

        private static func item(_ field: FieldReader.Field) throws(WireError) -> String {
            var reader = FieldReader(try field.bytes())
            var text = ""
            while let inner = try reader.next() {
                if inner.number == Field.text { text = try inner.text() }
            }
            return text
        }

        init(_ bytes: [UInt8]) throws(WireError) {
            var reader = FieldReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case Field.kind: kind = try field.unsigned()
                case Field.dispatchID: dispatchID = DispatchID(bytes: try field.bytes())
                case Field.body: body = try field.bytes()
                case Field.number: number = try field.unsigned()
                case Field.at: at = try field.signed()
                case Field.text: text = try field.text()
                case Field.key: keys.append(try Self.item(field))
                case Field.user: user = try field.text()
                case Field.sourceAddress: sourceAddress = try field.text()
                case Field.filename: filename = try field.text()
                case Field.bootID: bootID = try field.text()
                case Field.boot: boot = try field.signed()
                case Field.wall: wall = try field.signed()
                case Field.length: length = try field.signed()
                default: break
                }
            }
            guard number <= JournalRecord.largestCount else { throw .malformed }
            for time in [at, boot, wall, length] { try JournalRecord.checkRange(of: time) }
        }
    }

    /// The next number has to fit as well.
    private static let largestCount: UInt64 = 1 << 62

    /// Refuses what is no time or duration of ours: it could not be calculated with.
    private static func checkRange(of number: Int64) throws(WireError) {
        guard number.magnitude <= 1 << 53 else { throw .malformed }
    }
}
