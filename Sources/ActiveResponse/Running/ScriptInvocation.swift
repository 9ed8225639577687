/// Everything that a script gets from us at its start: arguments, environment and the line on standard input
/// (INTERFACE.md, "Script contract").
///
/// Made of the order alone, so that `delete` gets what `add` got.
package struct ScriptInvocation: Sendable, Equatable {
    /// What is handed to exec: absolute, but relative to home for protocol `json`, whose scripts expect `$0` so.
    package let path: String
    package let arguments: [String]
    package let environment: [String]
    /// The JSON object for standard input, without the line break; nil when standard input is empty.
    package let line: String?
    /// Whether the script may ask for `check_keys`.
    package let mayAsk: Bool
    private let message: ScriptMessage?

    /// - Parameters:
    ///   - run: the order and what to do with it.
    ///   - home: the daemon's home, absolute.
    ///   - managerAddresses: where the manager is reached; scripts that cut the network off keep these open.
    package init(_ run: Run, home: String, managerAddresses: [String]) {
        let order = run.order
        let relative = "active-response/bin/" + order.executable
        let absolute = home + "/" + relative
        switch (run.action, order.convention) {
        case (.restore, _):
            path = absolute
            arguments = [absolute, run.action.rawValue]
        case (_, .json):
            path = relative
            arguments = [relative]
        case (_, .auto), (_, .positional):
            path = absolute
            arguments =
                [
                    absolute, run.action.rawValue, order.user ?? "-", order.sourceAddress ?? "-", order.alertID,
                    order.ruleID, order.agentName.isEmpty ? order.agentID : order.agentName, order.filename ?? "-",
                ] + order.extraArguments
        }
        environment = Self.environment(run, home: home, managerAddresses: managerAddresses)
        if let input = run.input {
            line = input
            message = nil
        } else if order.convention == .positional {
            line = nil
            message = nil
        } else {
            let message = ScriptMessage(order)
            line = message.text(command: run.action.rawValue)
            self.message = message
        }
        mayAsk = message != nil && run.action == .add
    }

    /// What a `check_keys` request is answered with, without the line break.
    package func reply(_ answer: KeyAnswer) -> String {
        message?.text(command: answer.rawValue) ?? ""
    }

    private static func environment(_ run: Run, home: String, managerAddresses: [String]) -> [String] {
        let order = run.order
        var environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C",
            "EDR_HOME=" + home,
            "EDR_ACTION=" + run.action.rawValue,
            "EDR_USER=" + (order.user ?? ""),
            "EDR_SRCIP=" + (order.sourceAddress ?? ""),
            "EDR_ALERT_ID=" + order.alertID,
            "EDR_RULE_ID=" + order.ruleID,
            "EDR_AGENT_ID=" + order.agentID,
            "EDR_AGENT_NAME=" + order.agentName,
            "EDR_FILENAME=" + (order.filename ?? ""),
            "EDR_TIMEOUT=\(run.timeout)",
            "EDR_DISPATCH_ID=\(order.id)",
            "EDR_MANAGER_ADDRESSES=" + managerAddresses.joined(separator: " "),
        ]
        if order.alertRaisedAt > 0 { environment.append("EDR_ALERT_TIME=\(order.alertRaisedAt)") }
        return environment
    }
}
