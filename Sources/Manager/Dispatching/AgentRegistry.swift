import Daemon
import Policy
import Synchronization

/// The enrolled agents and which of them are connected, as everybody who asks without waiting needs it: the
/// listener for each new connection, deciding for each alert, `agents list`.
///
/// The ledger is the truth about who is enrolled; this is its picture in memory.
final class AgentRegistry: Sendable {
    /// An agent as `agents list` shows it.
    struct Entry: Sendable, Equatable {
        var record: AgentRecord
        var isConnected: Bool

        /// The status in the words of the API.
        var status: String {
            isConnected ? "active" : record.lastSeen == nil ? "never_connected" : "disconnected"
        }
    }

    private let entries: Mutex<[String: Entry]>
    private let context: DecisionContext

    init(_ records: [AgentRecord], context: DecisionContext) {
        entries = Mutex(
            Dictionary(
                records.map { ($0.id, Entry(record: $0, isConnected: false)) }, uniquingKeysWith: { first, _ in first })
        )
        self.context = context
        publish()
    }

    /// All agents, by id.
    var all: [Entry] {
        entries.withLock {
            $0.values.sorted { ($0.record.id.count, $0.record.id) < ($1.record.id.count, $1.record.id) }
        }
    }

    /// The agent with this id or, in any letter case, this name.
    func find(_ idOrName: String) -> Entry? {
        entries.withLock { entries in
            entries[idOrName] ?? entries.values.first { $0.record.name.lowercased() == idOrName.lowercased() }
        }
    }

    /// Whether a certificate is the one that its agent is served with now: not one of a removed agent, nor one
    /// that a later enrollment replaced.
    func isCurrent(agent id: String, fingerprint: String) -> Bool {
        entries.withLock { $0[id]?.record.certificateFingerprint == fingerprint }
    }

    func add(_ record: AgentRecord) {
        entries.withLock { $0[record.id] = Entry(record: record, isConnected: false) }
        publish()
    }

    func remove(_ id: String) {
        entries.withLock { $0[id] = nil }
        publish()
    }

    /// Notes that an agent was heard of.
    func saw(_ sighting: AgentSighting, connected: Bool) {
        entries.withLock { entries in
            guard var entry = entries[sighting.agent] else { return }
            entry.isConnected = connected
            entry.record.lastSeen = sighting.at
            entry.record.version = sighting.version ?? entry.record.version
            entry.record.address = sighting.address ?? entry.record.address
            entries[sighting.agent] = entry
        }
    }

    private func publish() {
        let directory = entries.withLock { entries in
            AgentDirectory(entries.values.map { AgentDirectory.Entry(id: $0.record.id, name: $0.record.name) })
        }
        context.replace(agents: directory)
    }
}
