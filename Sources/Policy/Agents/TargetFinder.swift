import Alerts

/// Finds where a response runs for an alert.
struct TargetFinder {
    enum Result {
        case targets([Target])
        /// Nowhere, with the reason.
        case nowhere(String)
    }

    let agents: AgentDirectory
    let agentMatch: AgentMatch

    func find(_ location: ResponseLocation, for alert: Alert) -> Result {
        switch location {
        case .server: .targets([.server])
        case .all: .targets([.server] + agents.all.map { .agent($0) })
        case .definedAgent(let names): defined(names)
        case .local: local(alert)
        }
    }

    /// Those of the agents that are enrolled, each once.
    private func defined(_ names: [String]) -> Result {
        var targets: [Target] = []
        for name in names {
            guard let target = target(name), !targets.contains(target) else { continue }
            targets.append(target)
        }
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return targets.isEmpty ? .nowhere("no agent \(list) is enrolled") : .targets(targets)
    }

    /// The agent with this id or, if there is none, this name.
    ///
    /// An id may be written without its zeros, as in Wazuh.
    private func target(_ name: String) -> Target? {
        let isNumber = !name.isEmpty && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let padded = isNumber ? String(repeating: "0", count: max(0, 3 - name.utf8.count)) + name : name
        if name == agents.managerID || padded == agents.managerID { return .server }
        let entry = agents.entry(id: name) ?? agents.entry(id: padded)
        return (entry?.id ?? agents.id(named: name)).map { .agent($0) }
    }

    /// The agent that the alert is about.
    ///
    /// Its name and its id must not point to different ones: ids of Wazuh and ours are given out independently, and the
    /// wrong host must never be acted on.
    private func local(_ alert: Alert) -> Result {
        guard let name = alert.agentName else { return localByID(alert) }
        let named = agents.ids(named: name)
        if named.count > 1 { return .nowhere("more than one enrolled agent is named \"\(excerpt(name))\"") }
        if alert.agentID == agents.managerID { return managersOwn(alert, name: name, named: named.first) }
        let known = alert.agentID.flatMap { agents.entry(id: $0) }
        if let named = named.first, let known, known.id != named {
            return .nowhere(
                "the alert's agent \"\(excerpt(name))\" is \(named) here, but its id \(known.id) is \"\(known.name)\"")
        }
        switch agentMatch {
        case .name:
            return named.first.map { .targets([.agent($0)]) }
                ?? .nowhere("no enrolled agent is named \"\(excerpt(name))\"")
        case .id:
            return localByID(alert)
        }
    }

    private func localByID(_ alert: Alert) -> Result {
        guard let id = alert.agentID else {
            return alert.agentName == nil && alert.managerName != nil
                ? .targets([.server]) : .nowhere("the alert does not say which agent it is about")
        }
        if id == agents.managerID { return .targets([.server]) }
        return agents.entry(id: id).map { .targets([.agent($0.id)]) }
            ?? .nowhere("no enrolled agent has the id \"\(excerpt(id))\"")
    }

    /// An alert of the Wazuh manager about itself carries the manager's name, under which an agent may be enrolled
    /// as well; with the name of any other agent its name and its id disagree.
    private func managersOwn(_ alert: Alert, name: String, named: String?) -> Result {
        guard let named, name.lowercased() != alert.managerName?.lowercased() else { return .targets([.server]) }
        return .nowhere("the alert's agent \"\(excerpt(name))\" is \(named) here, but its id is the manager's")
    }
}
