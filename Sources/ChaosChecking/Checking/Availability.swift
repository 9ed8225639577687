/// When each agent could work, from the log of faults, and how slow the machine was.
struct Availability {
    private let outages: [String: [Outage]]
    private let canaries: [Canary]

    init(_ outages: [Outage], canaries: [Canary]) {
        self.outages = Dictionary(grouping: outages, by: \.agent).mapValues { $0.sorted { $0.from < $1.from } }
        self.canaries = canaries
    }

    /// How much longer than on a quiet machine a start may take between two moments.
    ///
    /// Twice what a canary waited: an agent needs a turn itself before its script needs one.
    func slowness(from: Int64, to: Int64) -> Int64 {
        2 * (canaries.filter { $0.at <= to && $0.at + $0.delay >= from }.map(\.delay).max() ?? 0)
    }

    /// Until when an agent has to have done what is due at a moment, if it needs no more than `patience` of
    /// undisturbed time.
    func latest(for agent: String, due: Int64, patience: Int64) -> Int64 {
        var start = due
        for outage in outages[agent] ?? [] {
            guard outage.to > start else { continue }
            guard outage.from < start + patience else { break }
            start = outage.to
        }
        return start + patience
    }

    /// A script that was started just before a kill may record its run a moment later, in nanoseconds.
    private static let orphanDelay: Int64 = 250_000_000

    /// Whether the agent was killed between two moments.
    ///
    /// - Parameter patience: how long after `to` it may still have been at work; time in which it was stopped does
    ///   not count.
    func wasKilled(_ agent: String, from: Int64, to: Int64, patience: Int64) -> Bool {
        var limit = to + patience
        for outage in outages[agent] ?? [] where outage.to + Self.orphanDelay >= from {
            guard outage.from <= limit else { return false }
            switch outage.cause {
            case .killed: return true
            case .stopped: limit += max(0, outage.to - max(outage.from, from))
            }
        }
        return false
    }
}
