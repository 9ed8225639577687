import ActiveResponse

/// What must hold for everything that a script gets, whatever the order says that was not refused.
struct InvocationCheck {
    private let order: Order

    init(_ order: Order) {
        self.order = order
    }

    @discardableResult
    func run() throws(Violation) -> ScriptInvocation {
        let add = invocation(.add)
        try check(add)
        let delete = invocation(.delete)
        try check(delete)
        try demand(
            delete.arguments.enumerated().filter { $0.offset != 1 }.map(\.element)
                == add.arguments.enumerated().filter { $0.offset != 1 }.map(\.element),
            "delete gets other words than add")
        return add
    }

    private func invocation(_ action: Run.Action) -> ScriptInvocation {
        ScriptInvocation(
            Run(action: action, order: order, timeout: order.timeout), home: "/home", managerAddresses: ["192.0.2.1"])
    }

    private func check(_ invocation: ScriptInvocation) throws(Violation) {
        // A C string ends at its first zero, a line of the environment at its first line break.
        for word in invocation.arguments + invocation.environment + [invocation.path] {
            try demand(!word.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a word has a control character: \(word)")
        }
        let count = order.convention == .json ? 1 : 8 + order.extraArguments.count
        try demand(invocation.arguments.count == count, "\(invocation.arguments.count) words")
        let replies = invocation.mayAsk ? [invocation.reply(.proceed), invocation.reply(.abort)] : []
        for line in [invocation.line].compactMap(\.self) + replies {
            try demand(!line.utf8.contains { $0 == 0x0A || $0 == 0x0D }, "the line for the script is several")
            // Half a surrogate pair in the alert of an order is passed on as it is; all else is checked.
            guard String(validating: order.alertJSON, as: UTF8.self)?.contains("\\u") != true else { continue }
            guard let message = ReferenceJSON(Array(line.utf8)) else { throw Violation("the line is no JSON") }
            try demand(
                message["parameters"]?["extra_args"]?.texts == order.extraArguments.map { Array($0.utf8) },
                "the script gets other extra arguments")
            guard case .object = message["parameters"]?["alert"] else { throw Violation("the alert is no object") }
        }
    }
}
