import Policy
import Testing

@Suite struct `Agents that are enrolled one by one` {
    @Test func `are the same directory as all at once`() {
        var directory = AgentDirectory([])
        for entry in [("010", "b"), ("2", "A"), ("001", "c")] { directory.enroll(.init(id: entry.0, name: entry.1)) }
        #expect(directory.all == ["2", "001", "010"])
        #expect(directory.id(named: "a") == "2" && directory.id(named: "C") == "001")
    }

    @Test func `take the place of those with their id or name`() {
        var directory = AgentDirectory([.init(id: "001", name: "web"), .init(id: "002", name: "db")])
        directory.enroll(.init(id: "003", name: "WEB"))
        #expect(directory.all == ["002", "003"])
        #expect(directory.id(named: "web") == "003" && directory.entry(id: "001") == nil)
        directory.enroll(.init(id: "002", name: "mail"))
        #expect(directory.all == ["002", "003"])
        #expect(directory.id(named: "db") == nil && directory.id(named: "mail") == "002")
    }
}
