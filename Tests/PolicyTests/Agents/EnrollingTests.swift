import Policy
import Testing

@Suite struct `Agents that are enrolled one by one` {
    @Test func `are the same directory as all at once`() {
        var directory = AgentDirectory([])
        for entry in [("010", "b"), ("2", "A"), ("001", "c")] { directory.enroll(.init(id: entry.0, name: entry.1)) }
        #expect(directory.all == ["2", "001", "010"])
        #expect(directory.id(named: "a") == "2" && directory.id(named: "C") == "001")
    }

    @Test func `may share a name when they are added as they are, and leave one by one`() {
        var directory = AgentDirectory([])
        let ids = ["7", "10", "009", "1000", "2", "001"]
        for id in ids { directory.add(.init(id: id, name: "web")) }
        #expect(directory.all == ["2", "7", "10", "001", "009", "1000"] && directory.id(named: "web") == nil)
        directory.add(.init(id: "10", name: "db"))
        #expect(directory.all.count == 6 && directory.id(named: "db") == "10")
        for id in ids.dropFirst() + ["unknown"] { directory.remove(id) }
        #expect(directory.all == ["7"] && directory.id(named: "WEB") == "7" && directory.count == 1)
        directory.remove("7")
        #expect(directory.all.isEmpty && directory.id(named: "web") == nil)
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
