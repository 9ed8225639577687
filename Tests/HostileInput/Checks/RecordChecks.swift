import ActiveResponse
import Wire

/// Reads the fields of a message and writes them again.
struct WireCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        guard let fields = Self.fields(bytes) else { return }
        var writer = FieldWriter()
        for field in fields {
            switch field.value {
            case .varint(let value): writer.write(value, field: field.number)
            case .bytes(let value): writer.write(Array(value), field: field.number)
            }
        }
        try demand(writer.bytes.count <= bytes.count, "fields grow when they are written again")
        // The writer leaves out zeros, which are the default of every number.
        guard let again = Self.fields(writer.bytes) else { throw Violation("what was written cannot be read") }
        try demand(again.map(Self.outline) == fields.filter { !Self.isZero($0) }.map(Self.outline), "fields change")
    }

    private static func fields(_ bytes: [UInt8]) -> [FieldReader.Field]? {
        var reader = FieldReader(bytes)
        var fields: [FieldReader.Field] = []
        do throws(WireError) {
            while let field = try reader.next() { fields.append(field) }
        } catch {
            return nil
        }
        return fields
    }

    private static func isZero(_ field: FieldReader.Field) -> Bool {
        if case .varint(0) = field.value { true } else { false }
    }

    private static func outline(_ field: FieldReader.Field) -> [UInt8] {
        var writer = FieldWriter()
        writer.write(UInt64(field.number), field: 1)
        switch field.value {
        case .varint(let value): writer.write(value, field: 2)
        case .bytes(let value): writer.write(Array(value), field: 3)
        }
        return writer.bytes
    }
}

/// Reads an order from the manager, checks it, and does what the agent would do with it.
struct OrderInputCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        guard let order = try? Order(encoded: bytes) else { return }
        let encoded = order.encoded()
        guard let again = try? Order(encoded: encoded) else { throw Violation("an order cannot be read again") }
        try demand(again == order, "an order changes when it is passed on")
        try demand(again.encoded() == encoded, "an order's encoding changes")
        if order.reasonToRefuse == nil { try InvocationCheck(order).run() }
        try TableCheck().play(order)
    }

    static var samples: [[UInt8]] {
        let order = Order(
            id: .of(alertIdentity: [1], activeResponse: "ban", agent: "001", action: "add"), command: "ban",
            activeResponse: "ban", executable: "ban", user: "eve", sourceAddress: "192.0.2.7",
            filename: "/var/log/auth.log", alertID: "1744557901.1", ruleID: "5712", agentName: "web-03",
            agentID: "001", extraArguments: ["-x", ""], timeout: 600, execTimeout: 60, scriptProtocol: 0,
            expiresAt: 1_800_000_000_000, alertRaisedAt: 1_700_000_000_000, alertJSON: Array(#"{"id":"1.2"}"#.utf8),
            repeatedOffenders: [0, 30], managerName: "m")
        var stateless = order
        stateless.timeout = 0
        var undo = order
        undo.kind = .undo(by: "admin")
        return [order, stateless, undo].map { $0.encoded() }
    }
}

/// Reads an event from an agent.
struct EventCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        guard let event = try? ResponseEvent(encoded: bytes) else { return }
        let encoded = event.encoded()
        guard let again = try? ResponseEvent(encoded: encoded) else { throw Violation("an event cannot be read again") }
        try demand(again == event, "an event changes when it is passed on")
        try demand(again.encoded() == encoded, "an event's encoding changes")
    }

    static var samples: [[UInt8]] {
        let id = DispatchID.of(alertIdentity: [1], activeResponse: "ban", agent: "001", action: "add")
        return [
            ResponseEvent(
                sequence: 7, dispatchID: id, kind: .finished, at: 1_700_000_000_000, exitStatus: 0,
                durationMilliseconds: 12, output: Array("done\n".utf8)),
            ResponseEvent(
                sequence: 8, dispatchID: id, kind: .undoFailed, at: -1, signal: 9, undoDue: 1_700_000_600_000,
                detail: "killed"),
        ].map { $0.encoded() }
    }
}
