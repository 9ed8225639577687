package import Wire

/// A dispatch that is not over, as the journal of its machine holds it.
package struct HeldDispatch: Sendable, Equatable {
    /// Where it stands.
    ///
    /// The raw values are part of the protocol.
    package enum Stage: UInt64, Sendable {
        /// Its turn has not come.
        case waiting = 1
        /// The script runs with `add`.
        case running = 2
        /// In force until its undo.
        case active = 3
        /// The script runs with `delete`, or is about to.
        case undoing = 4
        /// The undo failed and is tried again.
        case undoFailed = 5
    }

    package let id: DispatchID
    package let stage: Stage
    /// When the undo is due, in unix milliseconds by the machine's wall clock of now; nil for a stateless one.
    package let undoDue: Int64?

    package init(id: DispatchID, stage: Stage, undoDue: Int64?) {
        self.id = id
        self.stage = stage
        self.undoDue = undoDue
    }
}

/// A part of what a journal holds: everything that is not over, in as many parts as are needed.
package struct JournalSummary: Sendable, Equatable {
    /// So many dispatches are in one part.
    private static let partSize = 2000

    /// How many dispatches all parts together have.
    package let total: Int
    package let held: [HeldDispatch]

    package init(total: Int, held: [HeldDispatch]) {
        self.total = total
        self.held = held
    }

    /// The parts of a summary; one without dispatches has one part.
    package static func parts(of held: [HeldDispatch]) -> [JournalSummary] {
        guard !held.isEmpty else { return [JournalSummary(total: 0, held: [])] }
        return stride(from: 0, to: held.count, by: partSize).map { start in
            JournalSummary(total: held.count, held: Array(held[start..<min(start + partSize, held.count)]))
        }
    }
}

/// A dispatch that is not over, with its order: what a manager needs that has lost its own entry of it.
package struct HeldOrder: Sendable, Equatable {
    package let held: HeldDispatch
    /// The order to run, also where it is being undone.
    package let order: Order

    package init(held: HeldDispatch, order: Order) {
        self.held = held
        self.order = order
    }
}

extension HeldDispatch {
    private enum Field {
        static let id = 1
        static let stage = 2
        static let undoDue = 3
    }

    fileprivate func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 32)
        writer.write(id.bytes, field: Field.id)
        writer.write(stage.rawValue, field: Field.stage)
        if let undoDue { writer.write(undoDue, field: Field.undoDue) }
        return writer.bytes
    }

    /// Nil for a stage of a later version: nothing can be concluded from it.
    fileprivate static func decoded(_ bytes: [UInt8]) throws(WireError) -> HeldDispatch? {
        var id: DispatchID?
        var stage: UInt64 = 0
        var undoDue: Int64?
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.id: id = DispatchID(bytes: try field.bytes())
            case Field.stage: stage = try field.unsigned()
            case Field.undoDue: undoDue = try field.time()
            default: break
            }
        }
        guard let id else { throw .missing(field: Field.id) }
        return Stage(rawValue: stage).map { HeldDispatch(id: id, stage: $0, undoDue: undoDue) }
    }
}

extension JournalSummary {
    private enum Field {
        static let total = 1
        static let held = 2
    }

    /// The part as a message.
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 16 + 36 * held.count)
        writer.write(UInt64(clamping: total), field: Field.total)
        for dispatch in held { writer.write(dispatch.encoded(), field: Field.held) }
        return writer.bytes
    }

    /// Reads a part.
    ///
    /// - Throws: when the bytes are not a message, or something in it is of no version that is known.
    package init(encoded bytes: [UInt8]) throws(WireError) {
        var total: UInt64 = 0
        var held: [HeldDispatch] = []
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.total: total = try field.unsigned()
            case Field.held:
                guard let dispatch = try HeldDispatch.decoded(field.bytes()) else { throw .missing(field: Field.held) }
                held.append(dispatch)
            default: break
            }
        }
        guard total <= 1 << 32 else { throw .malformed }
        self.init(total: Int(total), held: held)
    }
}

extension HeldOrder {
    private enum Field {
        static let held = 1
        static let order = 2
    }

    /// The dispatch as a message.
    package func encoded() -> [UInt8] {
        let order = order.encoded()
        var writer = FieldWriter(reserving: order.count + 64)
        writer.write(held.encoded(), field: Field.held)
        writer.write(order, field: Field.order)
        return writer.bytes
    }

    /// Reads a dispatch.
    ///
    /// - Throws: when the bytes are not a message, or one part of it is missing or is of no version that is known.
    package init(encoded bytes: [UInt8]) throws(WireError) {
        var held: HeldDispatch?
        var order: Order?
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.held: held = try HeldDispatch.decoded(field.bytes())
            case Field.order: order = try Order(encoded: try field.bytes())
            default: break
            }
        }
        guard let held else { throw .missing(field: Field.held) }
        guard let order, order.id == held.id, order.kind == .run else { throw .missing(field: Field.order) }
        self.init(held: held, order: order)
    }
}
