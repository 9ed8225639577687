package import Wire

/// One order to run a response script on one machine: everything that the machine needs to know for it.
///
/// Encoded with ``Wire`` it travels to the agent and is kept in the agent's journal until the dispatch is over.
package struct Order: Sendable, Equatable {
    /// What is ordered.
    package enum Kind: Sendable, Equatable {
        /// Run the script with `add`.
        case run
        /// Undo the dispatch with the same id before its time; `by` is who wants it. All other fields are those
        /// of the order to run, so that an agent that has lost its state can still undo.
        case undo(by: String)
    }

    /// How a script gets its input (INTERFACE.md, "Script contract").
    package enum Convention: UInt64, Sendable {
        /// Arguments and the JSON line.
        case auto = 0
        /// Arguments; standard input is empty.
        case positional = 1
        /// The JSON line; argv is the program alone.
        case json = 2
    }

    package var id: DispatchID
    package var kind: Kind
    /// The command's name in the configuration.
    package var command: String
    /// The active response's name.
    package var activeResponse: String
    /// The script, relative to `active-response/bin`.
    package var executable: String
    package var user: String?
    package var sourceAddress: String?
    package var filename: String?
    package var alertID: String
    package var ruleID: String
    package var agentName: String
    package var agentID: String
    package var extraArguments: [String]
    /// Seconds until the undo; 0 for a stateless response.
    package var timeout: Int64
    /// Seconds that a run may take; 0 stands for the default, 60.
    package var execTimeout: Int64
    /// The raw value of a ``Convention``.
    package var scriptProtocol: UInt64
    /// When the order is too old to be run, in unix milliseconds; 0 for never.
    package var expiresAt: Int64
    /// When the alert was raised, in unix milliseconds; 0 when that is not known.
    package var alertRaisedAt: Int64
    /// The alert, one JSON object; empty when there is none (an order by hand).
    package var alertJSON: [UInt8]
    /// Minutes for which the first, second, … repetition lasts at least; empty: the machine's own list holds.
    package var repeatedOffenders: [Int64]
    /// The manager's name, which scripts see as `origin.name`.
    package var managerName: String
    /// The command expects a user or a file and no address: it does not act on the address that the alert has.
    ///
    /// False in the orders of a manager that does not say so.
    package var sparesAddress: Bool
    /// What the script is held to.
    package var containment: Containment
    /// The command expects a file: two orders about different files are not about the same.
    package var targetsFile: Bool
    /// Of several orders that wait for an agent, those with the highest go first.
    package var priority: Int64

    /// The priority of orders that say nothing else.
    package static let defaultPriority: Int64 = 1

    package init(
        id: DispatchID, kind: Kind = .run, command: String, activeResponse: String, executable: String,
        user: String? = nil, sourceAddress: String? = nil, filename: String? = nil, alertID: String, ruleID: String,
        agentName: String, agentID: String, extraArguments: [String] = [], timeout: Int64 = 0,
        execTimeout: Int64 = 60, scriptProtocol: UInt64 = 0, expiresAt: Int64 = 0, alertRaisedAt: Int64 = 0,
        alertJSON: [UInt8] = [], repeatedOffenders: [Int64] = [], managerName: String = "",
        sparesAddress: Bool = false, containment: Containment = Containment(), targetsFile: Bool = false,
        priority: Int64 = Order.defaultPriority
    ) {
        self.id = id
        self.kind = kind
        self.command = command
        self.activeResponse = activeResponse
        self.executable = executable
        self.user = user
        self.sourceAddress = sourceAddress
        self.filename = filename
        self.alertID = alertID
        self.ruleID = ruleID
        self.agentName = agentName
        self.agentID = agentID
        self.extraArguments = extraArguments
        self.timeout = timeout
        self.execTimeout = execTimeout
        self.scriptProtocol = scriptProtocol
        self.expiresAt = expiresAt
        self.alertRaisedAt = alertRaisedAt
        self.alertJSON = alertJSON
        self.repeatedOffenders = repeatedOffenders
        self.managerName = managerName
        self.sparesAddress = sparesAddress
        self.targetsFile = targetsFile
        self.priority = priority
        self.containment = containment
    }

    /// Whether the response is undone when its time is over.
    package var isStateful: Bool { timeout > 0 }

    /// About how much the order holds, in bytes.
    var byteCount: Int {
        let texts = [
            command, activeResponse, executable, user, sourceAddress, filename, alertID, ruleID, agentName, agentID,
            managerName,
        ]
        return texts.reduce(alertJSON.count) { $0 + ($1?.utf8.count ?? 0) }
            + extraArguments.reduce(0) { $0 + 16 + $1.utf8.count } + 8 * repeatedOffenders.count
    }

    /// How the script gets its input; an unknown value of a newer manager is taken for `auto`.
    package var convention: Convention { Convention(rawValue: scriptProtocol) ?? .auto }
}

extension Order {
    private enum Field {
        static let id = 1
        static let undoBy = 2
        static let command = 3
        static let activeResponse = 4
        static let executable = 5
        static let user = 6
        static let sourceAddress = 7
        static let filename = 8
        static let alertID = 9
        static let ruleID = 10
        static let agentName = 11
        static let agentID = 12
        static let extraArgument = 13
        static let timeout = 14
        static let execTimeout = 15
        static let scriptProtocol = 16
        static let expiresAt = 17
        static let alertRaisedAt = 18
        static let alertJSON = 19
        static let repeatedOffender = 20
        static let managerName = 21
        static let sparesAddress = 22
        static let containment = 23
        static let priority = 30
        static let targetsFile = 31
    }

    /// The order as a message.
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 512 + alertJSON.count)
        writer.write(id.bytes, field: Field.id)
        if case .undo(let by) = kind { writer.write(by, field: Field.undoBy) }
        writer.write(command, field: Field.command)
        writer.write(activeResponse, field: Field.activeResponse)
        writer.write(executable, field: Field.executable)
        writer.write(user, field: Field.user)
        writer.write(sourceAddress, field: Field.sourceAddress)
        writer.write(filename, field: Field.filename)
        writer.write(alertID, field: Field.alertID)
        writer.write(ruleID, field: Field.ruleID)
        writer.write(agentName, field: Field.agentName)
        writer.write(agentID, field: Field.agentID)
        for argument in extraArguments { writer.write(argument, field: Field.extraArgument) }
        writer.write(timeout, field: Field.timeout)
        writer.write(execTimeout, field: Field.execTimeout)
        writer.write(scriptProtocol, field: Field.scriptProtocol)
        writer.write(expiresAt, field: Field.expiresAt)
        writer.write(alertRaisedAt, field: Field.alertRaisedAt)
        if !alertJSON.isEmpty { writer.write(alertJSON, field: Field.alertJSON) }
        for minutes in repeatedOffenders {
            // A message each: a bare zero would be left out and shift the ladder.
            var step = FieldWriter(reserving: 16)
            step.write(minutes, field: 1)
            writer.write(step.bytes, field: Field.repeatedOffender)
        }
        writer.write(managerName, field: Field.managerName)
        writer.write(UInt64(sparesAddress ? 1 : 0), field: Field.sparesAddress)
        writer.write(UInt64(targetsFile ? 1 : 0), field: Field.targetsFile)
        // Zero is left out, so it stands for the default.
        writer.write(priority &- Self.defaultPriority, field: Field.priority)
        if !containment.isEmpty { writer.write(containment.encoded(), field: Field.containment) }
        return writer.bytes
    }

    /// Reads an order; fields of a newer version are skipped.
    ///
    /// - Throws: when the bytes are not a message, or it lacks the id, the command or the executable.
    package init(encoded bytes: [UInt8]) throws(WireError) {
        var id: DispatchID?
        var command: String?
        var executable: String?
        var order = Order(
            id: .zero, command: "", activeResponse: "", executable: "", alertID: "", ruleID: "", agentName: "",
            agentID: "", execTimeout: 0)
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.id: id = DispatchID(bytes: try field.bytes())
            case Field.undoBy: order.kind = .undo(by: Self.shortened(by: try field.text()))
            case Field.command: command = try field.text()
            case Field.activeResponse: order.activeResponse = try field.text()
            case Field.executable: executable = try field.text()
            case Field.user: order.user = try field.text()
            case Field.sourceAddress: order.sourceAddress = try field.text()
            case Field.filename: order.filename = try field.text()
            case Field.alertID: order.alertID = try field.text()
            case Field.ruleID: order.ruleID = try field.text()
            case Field.agentName: order.agentName = try field.text()
            case Field.agentID: order.agentID = try field.text()
            case Field.extraArgument: order.extraArguments.append(try field.text())
            case Field.timeout: order.timeout = try field.signed()
            case Field.execTimeout: order.execTimeout = try field.signed()
            case Field.scriptProtocol: order.scriptProtocol = try field.unsigned()
            case Field.expiresAt: order.expiresAt = try field.signed()
            case Field.alertRaisedAt: order.alertRaisedAt = try field.signed()
            case Field.alertJSON: order.alertJSON = try field.bytes()
            case Field.repeatedOffender: order.repeatedOffenders.append(try Self.minutes(of: field))
            case Field.managerName: order.managerName = try field.text()
            case Field.sparesAddress: order.sparesAddress = try field.unsigned() != 0
            case Field.targetsFile: order.targetsFile = try field.unsigned() != 0
            case Field.priority: order.priority = try field.signed() &+ Self.defaultPriority
            case Field.containment: order.containment = try Containment(encoded: field.bytes())
            default: break
            }
        }
        guard let id else { throw .missing(field: Field.id) }
        guard let command else { throw .missing(field: Field.command) }
        guard let executable else { throw .missing(field: Field.executable) }
        order.id = id
        order.command = command
        order.executable = executable
        self = order
    }

    private static func minutes(of field: FieldReader.Field) throws(WireError) -> Int64 {
        var reader = FieldReader(try field.bytes())
        var minutes: Int64 = 0
        while let inner = try reader.next() {
            if inner.number == 1 { minutes = try inner.signed() }
        }
        return minutes
    }
}
