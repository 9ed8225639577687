import Alerts
import Testing

struct AlertIdentityTests {
    @Test func `the same alert written differently is one alert`() throws {
        let one = try alert(
            #"{"id":"1","timestamp":"t","rule":{"id":"2"},"agent":{"id":"003"},"manager":{"name":"m"},"data":{"a":1}}"#)
        let other = try alert(
            #"{"manager":{"name":"m"},"agent":{"id":"003"},"rule":{"id":2},"timestamp":"t", "id":"\u0031"}"#)
        #expect(one.identity == other.identity)
        #expect(one.identity.bytes == other.identity.bytes)
    }

    @Test func `another manager, id, time, rule or agent is another alert`() {
        let identities = [
            AlertIdentity(managerName: "m", id: "1", timestamp: "t", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: "n", id: "1", timestamp: "t", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: "m", id: "2", timestamp: "t", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: "m", id: "1", timestamp: "u", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: "m", id: "1", timestamp: "t", ruleID: "3", agentID: "3"),
            AlertIdentity(managerName: "m", id: "1", timestamp: "t", ruleID: "2", agentID: "4"),
            AlertIdentity(managerName: "m1", id: "", timestamp: "t", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: nil, id: "1", timestamp: "t", ruleID: "2", agentID: "3"),
            AlertIdentity(managerName: "", id: "1", timestamp: "t", ruleID: "2", agentID: "3"),
        ]
        #expect(Set(identities).count == identities.count)
        #expect(Set(identities.map(\.bytes)).count == identities.count)
    }

    @Test func `the bytes never change, because dispatch ids are made of them`() {
        let identity = AlertIdentity(managerName: nil, id: "1", timestamp: "", ruleID: "é", agentID: "3")
        #expect(
            identity.bytes == [
                255, 255, 255, 255, 0, 0, 0, 1, 0x31, 0, 0, 0, 0, 0, 0, 0, 2, 0xC3, 0xA9, 0, 0, 0, 1, 0x33,
            ])
    }
}
