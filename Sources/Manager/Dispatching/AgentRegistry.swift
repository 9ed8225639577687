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
    /// By agent, the certificates that agents may use in place of their present ones.
    private let renewals: Mutex<[String: CertificateRenewal]>
    private let context: DecisionContext

    init(_ records: [AgentRecord], renewals: [CertificateRenewal] = [], context: DecisionContext) {
        self.renewals = Mutex(Dictionary(renewals.map { ($0.agentID, $0) }, uniquingKeysWith: { first, _ in first }))
        entries = Mutex(
            Dictionary(
                records.map { ($0.id, Entry(record: $0, isConnected: false)) }, uniquingKeysWith: { first, _ in first })
        )
        self.context = context
        let directory = AgentDirectory(records.map { AgentDirectory.Entry(id: $0.id, name: $0.name) })
        context.changeAgents { $0 = directory }
    }

    /// All agents, by id.
    var all: [Entry] {
        entries.withLock {
            $0.values.sorted { ($0.record.id.count, $0.record.id) < ($1.record.id.count, $1.record.id) }
        }
    }

    /// How many agents have each status.
    var counts: [String: Int] {
        entries.withLock { Dictionary($0.values.lazy.map { ($0.status, 1) }, uniquingKeysWith: +) }
    }

    /// How many agents are enrolled.
    var count: Int { entries.withLock(\.count) }

    /// Whether every agent is known to trust the authority with this fingerprint.
    func allTrust(_ authority: String) -> Bool {
        entries.withLock { $0.values.allSatisfy { $0.record.trusts?.contains(authority) ?? false } }
    }

    /// The agent with this id or, in any letter case, this name.
    func find(_ idOrName: String) -> Entry? {
        entries.withLock { entries in
            entries[idOrName] ?? entries.values.first { $0.record.name.lowercased() == idOrName.lowercased() }
        }
    }

    /// Whether a certificate is the one that its agent is served with now: not one of a removed agent, nor one
    /// that a later enrollment replaced.
    ///
    /// While a certificate is being renewed there are two.
    func isCurrent(agent id: String, fingerprint: String) -> Bool {
        guard let present = entries.withLock({ $0[id]?.record.certificateFingerprint }) else { return false }
        if present == fingerprint { return true }
        return renewals.withLock { $0[id].map { $0.replaces == present && $0.fingerprint == fingerprint } ?? false }
    }

    /// Lets an agent use a new certificate beside its present one.
    func offer(_ renewal: CertificateRenewal) {
        renewals.withLock { $0[renewal.agentID] = renewal }
    }

    /// Notes that an agent uses this certificate: when it is a new one, the old one is worth nothing from now on.
    ///
    /// - Returns: the renewal that is done with it.
    func uses(agent id: String, fingerprint: String) -> CertificateRenewal? {
        let renewal = renewals.withLock { renewals -> CertificateRenewal? in
            guard let renewal = renewals[id], renewal.fingerprint == fingerprint else { return nil }
            renewals[id] = nil
            return renewal
        }
        guard let renewal else { return nil }
        return entries.withLock { entries in
            guard var entry = entries[id], entry.record.certificateFingerprint == renewal.replaces else { return nil }
            entry.record.certificateSerial = renewal.serial
            entry.record.certificateFingerprint = renewal.fingerprint
            entry.record.certificateAuthority = renewal.authority
            entries[id] = entry
            return renewal
        }
    }

    /// Notes which authorities an agent trusts, by their fingerprints.
    func trusts(_ authorities: [String], agent id: String) {
        entries.withLock { $0[id]?.record.trusts = authorities }
    }

    func add(_ record: AgentRecord) {
        entries.withLock { entries in
            entries[record.id] = Entry(record: record, isConnected: false)
            // Under the lock: of two changes the later one comes last there too.
            context.changeAgents { $0.add(AgentDirectory.Entry(id: record.id, name: record.name)) }
        }
    }

    func remove(_ id: String) {
        entries.withLock { entries in
            entries[id] = nil
            context.changeAgents { $0.remove(id) }
        }
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
}
