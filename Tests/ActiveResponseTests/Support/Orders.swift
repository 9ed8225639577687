import ActiveResponse

/// An id that is told apart by a small number.
func dispatch(_ number: UInt8) -> DispatchID {
    DispatchID.of(alertIdentity: [number], activeResponse: "response", agent: "001", action: "run")
}

/// An order with what a test does not care about filled in.
func order(
    _ number: UInt8, command: String = "block", executable: String = "block", address: String? = "203.0.113.7",
    user: String? = nil, filename: String? = nil, timeout: Int64 = 0, expiresAt: Int64 = 0,
    extra: [String] = [], convention: Order.Convention = .auto, execTimeout: Int64 = 60, offenders: [Int64] = [],
    alert: String = #"{"id":"1.2","data":{"srcip":"203.0.113.7"}}"#
) -> Order {
    Order(
        id: dispatch(number), command: command, activeResponse: "block#1", executable: executable, user: user,
        sourceAddress: address, filename: filename, alertID: "1744557901.918273", ruleID: "5712",
        agentName: "web-03", agentID: "003", extraArguments: extra, timeout: timeout, execTimeout: execTimeout,
        scriptProtocol: convention.rawValue, expiresAt: expiresAt, alertRaisedAt: 1_744_557_901_482,
        alertJSON: Array(alert.utf8), repeatedOffenders: offenders, managerName: "soc-mgr")
}

extension Order {
    /// The order to undo this one.
    func undone(by: String = "an administrator") -> Order {
        var order = self
        order.kind = .undo(by: by)
        return order
    }
}
