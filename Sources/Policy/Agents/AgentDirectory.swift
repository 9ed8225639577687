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
    package private(set) var all: [String]
    private var entries: [String: Entry]
    /// Ids by name in lower case.
    private var idsByName: [String: [String]]

    package init(_ entries: some Sequence<Entry>, managerID: String = "000") {
        let entries = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.managerID = managerID
        self.entries = entries
        all = entries.keys.sorted(by: Self.isBefore)
        idsByName = Dictionary(grouping: all) { entries[$0]?.name.lowercased() ?? "" }
    }

    /// How many agents are enrolled.
    package var count: Int { entries.count }

    /// Adds an agent, which takes the place of those that have its id or its name now.
    package mutating func enroll(_ entry: Entry) {
        for id in ids(named: entry.name) { remove(id) }
        add(entry)
    }

    /// Adds an agent, which takes the place of the one that has its id now.
    package mutating func add(_ entry: Entry) {
        remove(entry.id)
        entries[entry.id] = entry
        idsByName[entry.name.lowercased(), default: []].append(entry.id)
        all.insert(entry.id, at: place(of: entry.id))
    }

    /// Removes the agent with this id, if there is one.
    package mutating func remove(_ id: String) {
        guard let old = entries.removeValue(forKey: id) else { return }
        let name = old.name.lowercased()
        idsByName[name]?.removeAll { $0 == id }
        if idsByName[name]?.isEmpty == true { idsByName[name] = nil }
        all.remove(at: place(of: id))
    }

    /// Where in ``all`` an id stands, or would: a fleet is enrolled one by one, so this is no walk over all.
    private func place(of id: String) -> Int {
        var range = all.startIndex..<all.endIndex
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = Self.isBefore(all[middle], id) ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// By number: ids are digits.
    private static func isBefore(_ one: String, _ other: String) -> Bool {
        (one.utf8.count, one) < (other.utf8.count, other)
    }

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
