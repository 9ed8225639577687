import ActiveResponse

/// Which orders go over which links.
///
/// An order leaves when the link to its agent is up and nothing is stopped (an undo leaves in any case), and waits here
/// until its agent has confirmed it. The ledger holds the same orders durably.
struct Delivery: Sendable {
    private var links: [String: any AgentLink] = [:]
    private var journals: [String: String] = [:]
    private var pending = PendingOrders()
    /// The orders that agents could not keep, until they say that they can.
    private var turnedAway: [String: Set<DispatchID>] = [:]
    /// Nothing new may run.
    private(set) var stop: Stop?
    /// Counts the stops, so that taking back an earlier one never ends a later one.
    private var stopNumber = 0
    /// Whether the stop is being taken back: that is on its way to the ledger.
    private var isLifting = false

    // MARK: Links

    func isConnected(_ agent: String) -> Bool { links[agent] != nil }

    func link(to agent: String) -> (any AgentLink)? { links[agent] }

    /// Whether this is the link to its agent: not one that was cut or replaced.
    func isUp(_ link: any AgentLink, _ agent: String) -> Bool { links[agent] === link }

    /// The name of the journal of the agent behind a link; nil when the link was cut or replaced.
    func journal(of agent: String, over link: any AgentLink) -> String? {
        isUp(link, agent) ? journals[agent] : nil
    }

    /// Everything that an agent has not confirmed goes over its new link.
    mutating func linkUp(_ link: any AgentLink, _ agent: String, journal: String) {
        if let old = links[agent], old !== link { old.close(reason: "the agent connected again") }
        links[agent] = link
        journals[agent] = journal
        turnedAway[agent] = nil
        link.pause(stop != nil)
        for order in pending.orders(for: agent) { send(order) }
    }

    mutating func linkDown(_ agent: String) {
        links[agent] = nil
        journals[agent] = nil
        turnedAway[agent] = nil
    }

    mutating func cut(_ agent: String, reason: String) {
        links[agent]?.close(reason: reason)
        linkDown(agent)
    }

    // MARK: Orders

    /// The orders that no agent has confirmed yet.
    var count: Int { pending.count }

    /// Whether an order to undo this dispatch was not confirmed.
    func holdsUndo(of id: DispatchID, _ agent: String) -> Bool { pending.holdsUndo(of: id, agent: agent) }

    /// Sends an order, now or as soon as that may be.
    mutating func give(_ order: Order) {
        pending.add(order)
        send(order)
    }

    private mutating func send(_ order: Order) {
        guard let link = links[order.agentID], stop == nil || order.kind != .run else { return }
        link.send(order)
        pending.sent(order)
    }

    /// Forgets what an agent has confirmed.
    mutating func confirm(_ id: DispatchID, _ agent: String, undoToo: Bool) {
        pending.confirm(id, agent: agent, undoToo: undoToo)
    }

    /// Takes back an order to run.
    ///
    /// - Returns: false when it is not here, or was sent and may be on its agent.
    mutating func cancel(_ id: DispatchID, _ agent: String) -> Bool {
        pending.cancel(id, agent: agent)
    }

    /// Takes back every order to run whose time to wait is over.
    ///
    /// - Returns: these, with the reason.
    mutating func expire(now: Int64) -> [(order: Order, reason: String)] {
        pending.expire(now: now).map { order in
            let agent = order.agentID
            let reason =
                if turnedAway[agent]?.contains(order.id) == true {
                    "agent \(agent) could not keep it in time"
                } else if isConnected(agent) {
                    stop == nil ? "agent \(agent) did not confirm it in time" : "everything was stopped"
                } else {
                    "agent \(agent) was not connected in time"
                }
            return (order, reason)
        }
    }

    /// Forgets everything for an agent that was removed.
    ///
    /// - Returns: what was still waiting.
    mutating func removeAll(for agent: String) -> [Order] { pending.removeAll(for: agent) }

    /// An agent could not keep an order.
    ///
    /// - Returns: false when that is known, or nothing of the kind waits for it.
    mutating func turnAway(_ id: DispatchID, _ agent: String) -> Bool {
        guard pending.turnedAway(id, agent: agent) else { return false }
        return turnedAway[agent, default: []].insert(id).inserted
    }

    /// An agent can keep what it has turned away: that is sent again.
    mutating func ready(_ agent: String) {
        guard let waiting = turnedAway.removeValue(forKey: agent) else { return }
        for order in pending.orders(for: agent) where waiting.contains(order.id) { send(order) }
    }

    // MARK: The stop

    /// From now on nothing new runs.
    ///
    /// - Returns: the stop that is in force already and stays; nil when this one is new.
    mutating func begin(_ new: Stop) -> Stop? {
        // One that is just being taken back is no stop to rely on.
        if let stop, !isLifting { return stop }
        stop = new
        stopNumber += 1
        isLifting = false
        for link in links.values { link.pause(true) }
        return nil
    }

    /// The stop is to be taken back, once the ledger has that.
    ///
    /// - Returns: its number for ``lift(_:)``; nil when nothing is stopped.
    mutating func beginLifting() -> Int? {
        guard stop != nil else { return nil }
        isLifting = true
        return stopNumber
    }

    /// Takes a stop back: what waited for agents is sent.
    ///
    /// - Returns: false when it is over already, or somebody has stopped everything again meanwhile.
    mutating func lift(_ number: Int) -> Bool {
        guard stop != nil, number == stopNumber else { return false }
        stop = nil
        isLifting = false
        for (agent, link) in links {
            link.pause(false)
            for order in pending.orders(for: agent) where order.kind == .run { send(order) }
        }
        return true
    }
}
