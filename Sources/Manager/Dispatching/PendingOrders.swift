import ActiveResponse

/// The orders that agents have not yet confirmed to have in their journals, by their priority and then in the order in
/// which they were given.
///
/// A value without I/O. The ledger holds the same orders durably; this is what is (re)delivered when a link comes up.
struct PendingOrders: Sendable {
    private struct Entry: Sendable {
        let number: UInt64
        let order: Order
        /// Whether it may be on its agent; of an earlier life of the manager that is not known.
        var wasSent = false
    }

    /// What an order is confirmed by: an order to run and the one to undo it have the same dispatch id.
    struct Key: Hashable, Sendable {
        let id: DispatchID
        let isUndo: Bool

        init(_ order: Order) {
            id = order.id
            isUndo = order.kind != .run
        }
    }

    private var agents: [String: [Key: Entry]] = [:]
    private var nextNumber: UInt64 = 0
    private(set) var count = 0

    /// Adds an order; one that is there already keeps its place.
    mutating func add(_ order: Order) {
        let key = Key(order)
        guard agents[order.agentID]?[key] == nil else { return }
        agents[order.agentID, default: [:]][key] = Entry(number: nextNumber, order: order)
        nextNumber += 1
        count += 1
    }

    /// Removes what the agent has confirmed: all orders of this dispatch, since `received` of an undo implies
    /// that the agent knows of the run.
    mutating func confirm(_ id: DispatchID, agent: String, undoToo: Bool) {
        remove(id, agent: agent, isUndo: false)
        if undoToo { remove(id, agent: agent, isUndo: true) }
    }

    /// Notes that an order may be on its agent from now on.
    mutating func sent(_ order: Order) {
        agents[order.agentID]?[Key(order)]?.wasSent = true
    }

    /// Notes that the orders of a dispatch are not on their agent, which could not keep one.
    ///
    /// - Returns: whether there are any.
    mutating func turnedAway(_ id: DispatchID, agent: String) -> Bool {
        let keys = [false, true].map { Key(id: id, isUndo: $0) }.filter { agents[agent]?[$0] != nil }
        for key in keys { agents[agent]?[key]?.wasSent = false }
        return !keys.isEmpty
    }

    /// Takes back an order to run.
    ///
    /// - Returns: false when it is not here, or may be on its agent.
    mutating func cancel(_ id: DispatchID, agent: String) -> Bool {
        guard agents[agent]?[Key(id: id, isUndo: false)]?.wasSent == false else { return false }
        return remove(id, agent: agent, isUndo: false)
    }

    @discardableResult
    private mutating func remove(_ id: DispatchID, agent: String, isUndo: Bool) -> Bool {
        guard let index = agents[agent]?.index(forKey: Key(id: id, isUndo: isUndo)) else { return false }
        agents[agent]?.remove(at: index)
        if agents[agent]?.isEmpty == true { agents[agent] = nil }
        count -= 1
        return true
    }

    /// Whether an order to undo this dispatch was not confirmed.
    func holdsUndo(of id: DispatchID, agent: String) -> Bool {
        agents[agent]?[Key(id: id, isUndo: true)] != nil
    }

    /// All orders for the agent: those of the highest priority first, the oldest of them first.
    func orders(for agent: String) -> [Order] {
        (agents[agent] ?? [:]).values
            .sorted { ($1.order.priority, $0.number) < ($0.order.priority, $1.number) }.map(\.order)
    }

    /// Removes and returns every order to run whose time to wait is over.
    ///
    /// Undo orders never expire.
    mutating func expire(now: Int64) -> [Order] {
        var expired: [Order] = []
        for orders in agents.values {
            for entry in orders.values
            where entry.order.kind == .run && entry.order.expiresAt > 0 && entry.order.expiresAt <= now {
                expired.append(entry.order)
            }
        }
        for order in expired { remove(order.id, agent: order.agentID, isUndo: false) }
        return expired
    }

    /// Forgets everything for an agent that was removed; returns what was still waiting.
    mutating func removeAll(for agent: String) -> [Order] {
        let orders = orders(for: agent)
        count -= orders.count
        agents[agent] = nil
        return orders
    }
}

extension PendingOrders.Key {
    fileprivate init(id: DispatchID, isUndo: Bool) {
        self.id = id
        self.isUndo = isUndo
    }
}
