import ActiveResponse
import Policy

/// What the limits count: which responses were let out within the last minute, and which are not over.
///
/// A value without clock or I/O. Everything that is let out is counted, also without any limit, so that one that comes
/// with a reload holds at once: two look-ups for each order.
struct LimitCounters: Sendable {
    private struct Entry: Sendable {
        let activeResponse: String
        let agent: String
    }

    private struct AgentDispatch: Hashable, Sendable {
        let id: DispatchID
        let agent: String
    }

    private struct Tally: Sendable {
        var runs = MinuteCounter()
        var underWay = 0
        /// How many are under way on each agent; the manager itself is none.
        var agents: [String: Int] = [:]

        mutating func begin(_ agent: String) {
            underWay += 1
            if agent != OrderFactory.managerID { agents[agent, default: 0] += 1 }
        }

        mutating func end(_ agent: String) {
            underWay -= 1
            guard agent != OrderFactory.managerID, let count = agents[agent] else { return }
            agents[agent] = count > 1 ? count - 1 : nil
        }
    }

    /// The most ends that are remembered of dispatches that are not known here yet.
    private static let mostAgentDispatchs = 10_000

    private var underWay: [DispatchID: Entry] = [:]
    /// Those that were over before they were let out.
    private var endedEarly: Set<AgentDispatch> = []
    /// Those of which an agent's journal says that they are in force, while the ledger is asked what they are.
    private var expected: Set<AgentDispatch> = []
    private var responses: [String: Tally] = [:]
    private var all = Tally()

    /// A response is let out.
    ///
    /// - Parameter now: unix milliseconds.
    mutating func letOut(_ id: DispatchID, activeResponse: String, agent: String, now: Int64) {
        countRun(of: activeResponse, at: now)
        if endedEarly.remove(AgentDispatch(id: id, agent: agent)) != nil { return }
        begin(id, activeResponse: activeResponse, agent: agent)
    }

    /// One that was let out earlier is not over.
    mutating func begin(_ id: DispatchID, activeResponse: String, agent: String) {
        guard underWay.updateValue(Entry(activeResponse: activeResponse, agent: agent), forKey: id) == nil else {
            return
        }
        responses[activeResponse, default: Tally()].begin(agent)
        all.begin(agent)
    }

    /// These may turn out to be not over, although they count as such.
    mutating func expect(_ ids: [DispatchID], agent: String) {
        for id in ids where underWay[id] == nil { expected.insert(AgentDispatch(id: id, agent: agent)) }
    }

    /// One that was expected is not over, unless its end was reported meanwhile.
    mutating func beginExpected(_ id: DispatchID, activeResponse: String, agent: String) {
        if expected.contains(AgentDispatch(id: id, agent: agent)) {
            begin(id, activeResponse: activeResponse, agent: agent)
        }
    }

    mutating func forgetExpected(_ ids: [DispatchID], agent: String) {
        if !expected.isEmpty { for id in ids { expected.remove(AgentDispatch(id: id, agent: agent)) } }
    }

    /// One was let out at that time (in unix milliseconds), whatever has become of it.
    mutating func countRun(of activeResponse: String, at time: Int64) {
        responses[activeResponse, default: Tally()].runs.add(at: time)
        all.runs.add(at: time)
    }

    /// A response is over; one that is not counted changes nothing.
    ///
    /// - Parameters:
    ///   - agent: whose it is; what another one says of it changes nothing.
    ///   - isDecided: whether it may have been decided in this life of the manager. The end of one that was not may come
    ///     before its alert is read again, after a crash.
    mutating func end(_ id: DispatchID, agent: String, isDecided: Bool = true) {
        if !expected.isEmpty { expected.remove(AgentDispatch(id: id, agent: agent)) }
        guard let entry = underWay[id] else {
            if !isDecided, endedEarly.count < Self.mostAgentDispatchs {
                endedEarly.insert(AgentDispatch(id: id, agent: agent))
            }
            return
        }
        guard entry.agent == agent else { return }
        underWay[id] = nil
        responses[entry.activeResponse]?.end(entry.agent)
        all.end(entry.agent)
    }

    /// An agent was removed: nothing of it counts any more.
    mutating func remove(agent: String) {
        for (id, entry) in underWay where entry.agent == agent { end(id, agent: agent) }
    }

    /// The limit that one more would exceed, in words; nil when there is none.
    ///
    /// - Parameters:
    ///   - enrolled: how many agents there are.
    ///   - now: unix milliseconds.
    func objection(
        to activeResponse: String, limits: ResponseLimits, global: ResponseLimits, agent: String, enrolled: Int,
        now: Int64
    ) -> String? {
        if !limits.isEmpty,
            let limit = exceeded(limits, responses[activeResponse] ?? Tally(), agent, enrolled, now)
        {
            return "limit of the active response \(activeResponse): \(limit)"
        }
        if !global.isEmpty, let limit = exceeded(global, all, agent, enrolled, now) {
            return "global limit: \(limit)"
        }
        return nil
    }

    private func exceeded(
        _ limits: ResponseLimits, _ tally: Tally, _ agent: String, _ enrolled: Int, _ now: Int64
    ) -> String? {
        if let most = limits.runsPerMinute, tally.runs.count(at: now) >= most { return "\(most) runs per minute" }
        if let most = limits.concurrent, tally.underWay >= most { return "\(most) at the same time" }
        // Another one on an agent that has one already reaches no further.
        if let most = limits.agentsAllowed(enrolled: enrolled), let share = limits.fleetShare,
            agent != OrderFactory.managerID, tally.agents[agent] == nil, tally.agents.count >= most
        {
            return "\(share)% of the fleet, which are \(most) of \(enrolled) agents"
        }
        return nil
    }
}

/// Counts events of the last 60 seconds, by whole seconds.
///
/// Bounded, however many there are.
struct MinuteCounter: Sendable {
    private struct Second: Sendable {
        let number: Int64
        var count: Int
    }

    /// Oldest first.
    private var seconds: [Second] = []

    /// - Parameter time: unix milliseconds. One that lies a little before the last event counts as of that second.
    mutating func add(at time: Int64) {
        // What lies far ahead was counted before the clock was set back.
        seconds.removeAll { $0.number >= time / 1000 + 60 }
        let second = max(time / 1000, seconds.last?.number ?? .min)
        if seconds.last?.number == second {
            seconds[seconds.count - 1].count += 1
        } else {
            seconds.removeAll { $0.number <= second - 60 }
            seconds.append(Second(number: second, count: 1))
        }
    }

    /// - Parameter time: unix milliseconds.
    func count(at time: Int64) -> Int {
        let second = time / 1000
        return seconds.reduce(0) { $0 + (abs(second - $1.number) < 60 ? $1.count : 0) }
    }
}
