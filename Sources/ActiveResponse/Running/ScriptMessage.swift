import Alerts

/// The JSON object that a Wazuh 4.x script gets on standard input, and that its log line holds
/// (reference/ossec-wazuh.md, 3.1, 3.2 and 3.7; key order as there).
struct ScriptMessage: Sendable, Equatable {
    private let origin: String
    private let parameters: String

    /// - Parameter maximumAlert: an alert of more bytes is replaced by its essence.
    init(_ order: Order, maximumAlert: Int = .max) {
        origin = JSONString.quoted(order.managerName.isEmpty ? "undefined" : order.managerName)
        let arguments = order.extraArguments.map(JSONString.quoted).joined(separator: ",")
        let alert = order.alertJSON.count <= maximumAlert ? JSONText.object(order.alertJSON) : nil
        let program = JSONString.quoted("active-response/bin/" + order.executable)
        parameters =
            "{\"extra_args\":[\(arguments)],\"alert\":\(alert ?? Self.essence(of: order)),\"program\":\(program)}"
    }

    /// The object with a command (`add`, `delete`, `continue`, `abort`) and further members, which begin with a comma.
    func text(command: String, further: String = "") -> String {
        "{\"version\":1,\"origin\":{\"name\":\(origin),\"module\":\"wazuh-execd\"},\"command\":\"\(command)\","
            + "\"parameters\":\(parameters)\(further)}"
    }

    /// An alert of what the order itself knows, for an order by hand, which has none.
    private static func essence(of order: Order) -> String {
        var data: [String] = []
        if let address = order.sourceAddress { data.append("\"srcip\":" + JSONString.quoted(address)) }
        if let user = order.user { data.append("\"dstuser\":" + JSONString.quoted(user)) }
        var members = [
            "\"rule\":{\"id\":\(JSONString.quoted(order.ruleID))}",
            "\"agent\":{\"id\":\(JSONString.quoted(order.agentID)),\"name\":\(JSONString.quoted(order.agentName))}",
            "\"id\":\(JSONString.quoted(order.alertID))",
        ]
        if let path = order.filename { members.append("\"syscheck\":{\"path\":\(JSONString.quoted(path))}") }
        members.append("\"data\":{\(data.joined(separator: ","))}")
        return "{" + members.joined(separator: ",") + "}"
    }
}
