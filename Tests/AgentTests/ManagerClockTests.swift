import ActiveResponse
import Agent
import AgentProtocol
import Testing

@Suite struct ManagerClockTests {
    private func clock(ahead: Int64, now: Int64 = 1_700_000_000_000) -> ManagerClock {
        ManagerClock(
            Welcome(managerName: "m", agentID: "001", heartbeatSeconds: 8, serverTime: now + ahead), now: now)
    }

    private func order(expiresAt: Int64, raisedAt: Int64) -> Order {
        Order(
            id: .of(alertIdentity: [1], activeResponse: "a", agent: "001", action: "add"), command: "c",
            activeResponse: "a", executable: "e", alertID: "1", ruleID: "2", agentName: "web", agentID: "001",
            execTimeout: 60, expiresAt: expiresAt, alertRaisedAt: raisedAt)
    }

    @Test(arguments: [3_600_000, -3_600_000] as [Int64])
    func `an order's times are read by the clock here`(ahead: Int64) {
        let local = clock(ahead: ahead).localized(order(expiresAt: 1_700_000_060_000, raisedAt: 1_699_999_999_000))
        #expect(local.expiresAt == 1_700_000_060_000 - ahead)
        #expect(local.alertRaisedAt == 1_699_999_999_000 - ahead)
        #expect(clock(ahead: ahead).isRemarkable)
    }

    @Test func `no time stays none, and a small difference is the way of the message`() {
        #expect(clock(ahead: 3_600_000).localized(order(expiresAt: 0, raisedAt: 0)).expiresAt == 0)
        #expect(clock(ahead: 1_900).localized(order(expiresAt: 5_000, raisedAt: 4_000)).expiresAt == 5_000)
        #expect(!clock(ahead: 1_900).isRemarkable)
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func `no server time does harm`(serverTime: Int64) {
        let clock = ManagerClock(
            Welcome(managerName: "m", agentID: "001", heartbeatSeconds: 8, serverTime: serverTime),
            now: 1_700_000_000_000)
        #expect(clock.localized(order(expiresAt: 7, raisedAt: 7)).expiresAt > 0)
    }
}
