/// What makes two orders the same action on the same target: runs of one key follow each other, and a repeat while
/// a stateful one is active prolongs it.
///
/// Command, user and source address; the file only where neither of them is there (INTERFACE.md, "Script
/// contract"). Wazuh's own key before 4.2 left the user out, and so never locked a second account.
package struct ResponseKey: Hashable, Sendable {
    package let command: String
    package let user: String?
    package let sourceAddress: String?
    package let filename: String?
    /// Set when an order names no target and is stateless: such orders have nothing to wait for.
    package let single: DispatchID?

    package init(of order: Order) {
        let isNamed = order.user != nil || order.sourceAddress != nil || order.filename != nil
        self.init(
            command: order.command, user: order.user, sourceAddress: order.sourceAddress,
            filename: order.user == nil && order.sourceAddress == nil ? order.filename : nil,
            single: isNamed || order.isStateful ? nil : order.id)
    }

    /// The key of stateful orders with these values.
    package init(stateful command: String, user: String?, sourceAddress: String?, filename: String?) {
        self.init(
            command: command, user: user, sourceAddress: sourceAddress,
            filename: user == nil && sourceAddress == nil ? filename : nil)
    }

    package init(
        command: String, user: String?, sourceAddress: String?, filename: String?, single: DispatchID? = nil
    ) {
        self.command = command
        self.user = user
        self.sourceAddress = sourceAddress
        self.filename = filename
        self.single = single
    }
}
