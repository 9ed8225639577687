import ActiveResponse

/// Reads a part of what an agent's journal holds, as the manager gets it.
struct SummaryCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        guard let part = try? JournalSummary(encoded: bytes) else { return }
        guard let again = try? JournalSummary(encoded: part.encoded()) else {
            throw Violation("a summary cannot be read again")
        }
        try demand(again == part, "a summary changes when it is passed on")
    }

    static var samples: [[UInt8]] {
        let id = DispatchID.of(alertIdentity: [1], activeResponse: "ban", agent: "001", action: "add")
        let held = [
            HeldDispatch(id: id, stage: .active, undoDue: 1_700_000_600_000),
            HeldDispatch(id: id, stage: .waiting, undoDue: nil), HeldDispatch(id: id, stage: .undoFailed, undoDue: -1),
        ]
        return (JournalSummary.parts(of: held) + JournalSummary.parts(of: [])).map { $0.encoded() }
    }
}

/// Reads a dispatch of an agent's journal, as the manager gets it.
struct DescriptionCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        guard let told = try? HeldOrder(encoded: bytes) else { return }
        try demand(told.held.id == told.order.id, "a dispatch with the order of another one")
        try demand(told.order.kind == .run, "a dispatch with an order to undo")
        guard let again = try? HeldOrder(encoded: told.encoded()) else {
            throw Violation("a dispatch cannot be read again")
        }
        try demand(again == told, "a dispatch changes when it is passed on")
    }

    static var samples: [[UInt8]] {
        OrderInputCheck.samples.prefix(2).compactMap { encoded in
            guard let order = try? Order(encoded: encoded) else { return nil }
            return HeldOrder(held: HeldDispatch(id: order.id, stage: .active, undoDue: 1), order: order).encoded()
        }
    }
}
