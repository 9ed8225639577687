/// What makes two orders the same action on the same target: runs of one key follow each other, and a repeat while
/// a stateful one is active prolongs it.
///
/// Command, user and source address (INTERFACE.md, "Script contract"), and what else says what is acted on: the file of
/// a command that expects one, or of an order without user and address, and the further arguments. Without these a
/// second file or URL of one attacker would count as done because of the first. Wazuh's own key before 4.2 left the
/// user out, and so never locked a second account.
package struct ResponseKey: Hashable, Sendable {
    package let command: String
    package let user: String?
    package let sourceAddress: String?
    /// The file and the further arguments; nil when the order acts on neither.
    package let object: String?
    /// Set when an order names no target and is stateless: such orders have nothing to wait for.
    package let single: DispatchID?

    package init(of order: Order) {
        let isNamed = order.user != nil || order.sourceAddress != nil || order.filename != nil
        self.init(
            command: order.command, user: order.user, sourceAddress: order.sourceAddress,
            object: Self.object(
                order.user == nil && order.sourceAddress == nil || order.targetsFile ? order.filename : nil,
                order.extraArguments),
            single: isNamed || order.isStateful ? nil : order.id)
    }

    /// The key of stateful orders with these values.
    ///
    /// - Parameter targetsFile: as in ``Order``.
    package init(
        stateful command: String, user: String?, sourceAddress: String?, filename: String?, targetsFile: Bool = false,
        arguments: [String] = []
    ) {
        self.init(
            command: command, user: user, sourceAddress: sourceAddress,
            object: Self.object(user == nil && sourceAddress == nil || targetsFile ? filename : nil, arguments))
    }

    package init(
        command: String, user: String?, sourceAddress: String?, object: String?, single: DispatchID? = nil
    ) {
        self.command = command
        self.user = user
        self.sourceAddress = sourceAddress
        self.object = object
        self.single = single
    }

    /// No word holds the sign between them: orders with control characters are refused.
    private static func object(_ filename: String?, _ arguments: [String]) -> String? {
        arguments.isEmpty ? filename : ([filename ?? ""] + arguments).joined(separator: "\u{1F}")
    }
}
