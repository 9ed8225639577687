import Alerts
import Policy
import Testing

/// Where a response runs.
struct TargetTests {
    private func agent(_ id: String?, _ name: String?) -> String {
        let members = [id.map { #""id":"\#($0)""# }, name.map { #""name":"\#($0)""# }].compactMap { $0 }
        return #""agent":{\#(members.joined(separator: ","))},"#
    }

    private func targets(
        _ location: ResponseLocation, _ agent: String, agents: AgentDirectory = enrolled, agentMatch: AgentMatch = .name
    ) throws -> [Target]? {
        outcome(
            response(location: location, level: 1), try alert(agent: agent), agents: agents, agentMatch: agentMatch)?
            .targets
    }

    private func refusal(
        _ location: ResponseLocation, _ agent: String, agents: AgentDirectory = enrolled, agentMatch: AgentMatch = .name
    ) throws -> String? {
        reason(
            response(location: location, level: 1), try alert(agent: agent), agents: agents, agentMatch: agentMatch)
    }

    @Test func `server is the manager`() throws {
        #expect(try targets(.server, agent("003", "web-03")) == [.server])
    }

    @Test func `all is every enrolled agent and the manager`() throws {
        #expect(try targets(.all, agent("777", "x")) == [.server, .agent("001"), .agent("003"), .agent("1000")])
        #expect(try targets(.all, agent("777", "x"), agents: AgentDirectory([])) == [.server])
    }

    @Test(arguments: ["web-03", "WEB-03", "Web-03"])
    func `local is the agent with the alert's name in any letter case`(name: String) throws {
        #expect(try targets(.local, agent("003", name)) == [.agent("003")])
        #expect(try targets(.local, agent("099", name)) == [.agent("003")], "Wazuh's ids are not ours")
        #expect(try targets(.local, agent(nil, name)) == [.agent("003")])
    }

    @Test func `an id counts only when the alert carries no name`() throws {
        #expect(try targets(.local, agent("003", nil)) == [.agent("003")])
        #expect(try refusal(.local, agent("003", "unknown")) == #"no enrolled agent is named "unknown""#)
        #expect(try refusal(.local, agent("009", nil)) == #"no enrolled agent has the id "009""#)
    }

    @Test func `with agent_match id the id counts`() throws {
        #expect(try targets(.local, agent("003", "unknown"), agentMatch: .id) == [.agent("003")])
        #expect(try targets(.local, agent("003", "web-03"), agentMatch: .id) == [.agent("003")])
        #expect(try refusal(.local, agent("009", "web-03"), agentMatch: .id) == #"no enrolled agent has the id "009""#)
    }

    @Test(arguments: AgentMatch.allCases)
    func `a name and an id that point to different agents fire nothing`(match: AgentMatch) throws {
        let refused = try refusal(.local, agent("001", "web-03"), agentMatch: match)
        #expect(refused == #"the alert's agent "web-03" is 003 here, but its id 001 is "db-01""#)
    }

    @Test(arguments: AgentMatch.allCases)
    func `the manager's own alert runs on the manager`(match: AgentMatch) throws {
        for own in [agent("000", "soc-mgr"), agent("000", nil), agent("000", "other"), "", #""agent":{},"#] {
            #expect(try targets(.local, own, agentMatch: match) == [.server])
        }
        let both = AgentDirectory([.init(id: "005", name: "SOC-MGR")])
        #expect(try targets(.local, agent("000", "soc-mgr"), agents: both, agentMatch: match) == [.server])
        let refused = try refusal(.local, agent("000", "web-03"), agentMatch: match)
        #expect(refused == #"the alert's agent "web-03" is 003 here, but its id is the manager's"#)
    }

    @Test func `two agents with the alert's name fire nothing`() throws {
        let twins = AgentDirectory([.init(id: "001", name: "web"), .init(id: "002", name: "WEB")])
        #expect(
            try refusal(.local, agent("001", "Web"), agents: twins) == #"more than one enrolled agent is named "Web""#)
        #expect(twins.id(named: "web") == nil)
    }

    @Test func `an alert that says nothing about its agent or manager fires nothing`() throws {
        let bare = try Alert(json: Array(#"{"id":"1","rule":{"id":"1","level":5}}"#.utf8))
        #expect(
            reason(response(location: .local, level: 1), bare)
                == "the alert does not say which agent it is about")
    }

    @Test(arguments: [
        (["003"], [Target.agent("003")]), (["3"], [.agent("003")]), (["1", "WEB-03"], [.agent("001"), .agent("003")]),
        (["edge", "1000", "Edge"], [.agent("1000")]), (["gone", "db-01"], [.agent("001")]), (["000"], [.server]),
        (["0"], [.server]),
    ])
    func `defined agents are found by id or name, each once`(names: [String], expected: [Target]) throws {
        #expect(try targets(.definedAgent(names), agent("777", "x")) == expected)
    }

    @Test func `defined agents of which none is enrolled fire nothing`() throws {
        #expect(
            try refusal(.definedAgent(["007", "gone"]), agent("003", "web-03"))
                == #"no agent "007", "gone" is enrolled"#)
    }

    @Test func `the directory knows its agents`() {
        #expect(enrolled.all == ["001", "003", "1000"])
        #expect(enrolled.entry(id: "001")?.name == "db-01")
        #expect(enrolled.entry(id: "1") == nil)
        #expect(enrolled.id(named: "EDGE") == "1000")
        #expect(enrolled.managerID == "000")
    }
}
