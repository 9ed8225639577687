import Alerts
import ConfigurationTree
import Policy
import Testing

@testable import Backtest

/// One line of a history.
func alert(
    _ id: String, at time: String, srcip: String? = nil, user: String? = nil, level: Int = 10, rule: String = "5712",
    agent: (id: String, name: String) = ("001", "web-1")
) -> String {
    let data = [srcip.map { #""srcip":"\#($0)""# }, user.map { #""dstuser":"\#($0)""# }].compactMap(\.self)
    return #"{"timestamp":"2025-04-13T\#(time).000+0000","rule":{"level":\#(level),"id":"\#(rule)","groups":["sshd"]},"#
        + #""agent":{"id":"\#(agent.id)","name":"\#(agent.name)"},"manager":{"name":"soc"},"id":"\#(id)","#
        + #""data":{\#(data.joined(separator: ","))}}"#
}

/// Unix milliseconds of a time of the history's day.
func moment(_ time: String) throws -> Int64 {
    try #require(try Alert(json: Array(alert("0", at: time).utf8)).raisedAt)
}

func policy(_ text: String) throws -> PolicyDefinition {
    let diagnostics = Diagnostics()
    let sections = ConfigurationFile.parse(
        Array("<edr_config>\(text)</edr_config>".utf8), name: "test.conf", format: .xml, diagnostics: diagnostics)
    let definition = PolicyDefinition(sections: sections, diagnostics: diagnostics)
    try #require(!diagnostics.hasErrors, "\(diagnostics.all)")
    return definition
}

let commands = """
    <command><name>ban</name><executable>ban</executable><expect>srcip</expect><timeout_allowed>yes</timeout_allowed>
    </command><command><name>lock</name><executable>lock</executable><expect>user</expect></command>
    """

/// Replays lines of one file.
func report(
    _ lines: [String], candidate: String, current: String? = nil,
    agents: Replay.Agents = .known(AgentDirectory([.init(id: "001", name: "web-1"), .init(id: "002", name: "web-2")])),
    top: Int = 10
) throws -> BacktestReport {
    var replay = Replay(
        candidate: try policy(commands + candidate), current: try current.map { try policy(commands + $0) },
        agents: agents, host: "manager")
    replay.begin(file: "history.json")
    for line in lines { Array(line.utf8).withUnsafeBytes { replay.take(.complete($0)) } }
    return replay.report(top: top)
}
