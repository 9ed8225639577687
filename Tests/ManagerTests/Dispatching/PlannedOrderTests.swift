import ActiveResponse
import Testing

@testable import Manager

@Suite struct `A planned order` {
    private func order(alertID: String = "1.2", user: String? = nil, filename: String? = nil) -> Order {
        Order(
            id: .of(alertIdentity: [1], activeResponse: "a", agent: "001", action: "add"), command: "c",
            activeResponse: "a", executable: "e", user: user, filename: filename, alertID: alertID, ruleID: "2",
            agentName: "web", agentID: "001", execTimeout: 60)
    }

    @Test func `is sent, or noted`() {
        #expect(PlannedOrder(order: order(), isObserved: false).fate == .send)
        #expect(PlannedOrder(order: order(), isObserved: true).fate == .observe)
    }

    /// An order that is too large for the link would be sent in vain, again and again.
    @Test func `is refused here already when its agent would refuse it, or could not receive it`() {
        for order in [
            order(alertID: String(repeating: "1", count: 700_000)), order(user: "-rf"), order(user: "a..b"),
            order(filename: "/etc/../shadow"), order(alertID: "1\n2"),
        ] {
            for isObserved in [false, true] {
                guard case .refuse = PlannedOrder(order: order, isObserved: isObserved).fate else {
                    Issue.record("\(order.alertID.prefix(20)) is not refused")
                    continue
                }
            }
        }
    }
}
