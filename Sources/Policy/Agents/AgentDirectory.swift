/// The enrolled agents, by id and by name.
package struct AgentDirectory: Sendable {
    package struct Entry: Sendable, Hashable {
        package let id: String
        package let name: String

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// The id of the manager, which is no enrolled agent.
    package let managerID: String
    /// The ids of all enrolled agents in numeric order.
    package let all: [String]
    private let entries: [String: Entry]
    /// Ids by name in lower case.
    private let idsByName: [String: [String]]

    package init(_ entries: some Sequence<Entry>, managerID: String = "000") {
        let entries = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.managerID = managerID
        self.entries = entries
        all = entries.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        idsByName = Dictionary(grouping: all) { entries[$0]?.name.lowercased() ?? "" }
    }

    /// How many agents are enrolled.
    package var count: Int { entries.count }

    /// The agent with this name in any letter case; nil when there is none, or more than one.
    package func id(named name: String) -> String? {
        let ids = ids(named: name)
        return ids.count == 1 ? ids.first : nil
    }

    package func entry(id: String) -> Entry? {
        entries[id]
    }

    /// All agents with this name in any letter case.
    func ids(named name: String) -> [String] {
        idsByName[name.lowercased()] ?? []
    }
}
