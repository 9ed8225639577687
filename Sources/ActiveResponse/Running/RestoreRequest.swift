/// The conversation with a script that can bring back its responses (docs/how-to/write-a-script.md).
///
/// The script gets a line for each response in force: dispatch id, seconds left, user, address, file and extra arguments,
/// separated by tabs, with `-` for what is missing. It prints `restored ID` for each that it had to apply again.
enum RestoreRequest {
    /// Seconds for one request; the undos of the script wait for it.
    static let limit: Int64 = 20

    /// The run of a script for a request.
    ///
    /// What holds a tab or a line break cannot be told in a line and is left out. The script is held to what the newest
    /// of its responses is held to.
    static func run(_ executable: String, _ responses: [(order: Order, left: Int64)]) -> Run {
        let lines = responses.compactMap { response -> String? in
            let order = response.order
            let words =
                [
                    order.id.description, String(response.left), order.user ?? "-", order.sourceAddress ?? "-",
                    order.filename ?? "-",
                ] + order.extraArguments
            let isPlain = words.allSatisfy { !$0.utf8.contains { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D || $0 == 0 } }
            return isPlain ? words.joined(separator: "\t") : nil
        }
        let order = Order(
            id: DispatchID.of(alertIdentity: [], activeResponse: executable, agent: "", action: "restore"),
            command: "restore", activeResponse: "restore", executable: executable, alertID: "-", ruleID: "-",
            agentName: responses.first?.order.agentName ?? "", agentID: responses.first?.order.agentID ?? "",
            execTimeout: limit, containment: responses.last?.order.containment ?? Containment())
        return Run(action: .restore, order: order, timeout: 0, input: lines.joined(separator: "\n"))
    }

    /// The responses that a script says it had to apply again.
    static func restored(in output: [UInt8]) -> [DispatchID] {
        String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.hasPrefix("restored ") ? DispatchID(hex: String(line.dropFirst(9))) : nil
        }
    }
}
