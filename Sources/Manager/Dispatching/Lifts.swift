import ActiveResponse
import Daemon

/// The undos by hand that still count: what they lifted is not applied again by alerts for a while.
///
/// A value without I/O; the ledger holds the same durably.
struct Lifts: Sendable {
    private struct Target: Hashable {
        let agent: String
        let key: ResponseKey
    }

    private var lifts: [Target: Lift] = [:]
    private var targets: [DispatchID: Target] = [:]

    /// Forgets what does not count any more.
    mutating func prune(keeping isWanted: (Lift) -> Bool) {
        for (target, old) in lifts where !isWanted(old) {
            lifts[target] = nil
            targets[old.dispatch] = nil
        }
    }

    /// Takes a lift in place of an earlier one of the same target.
    mutating func add(_ lift: Lift) {
        let target = Target(agent: lift.agent, key: lift.key)
        if let old = lifts[target] { targets[old.dispatch] = nil }
        lifts[target] = lift
        targets[lift.dispatch] = target
    }

    /// The lift of what an order would apply, whatever its time.
    func lift(of order: Order) -> Lift? {
        lifts.isEmpty ? nil : lifts[Target(agent: order.agentID, key: ResponseKey(of: order))]
    }

    /// The response of a lift was undone just now, from when on its time counts anew.
    ///
    /// - Parameter agent: who says so; of another one's response nobody is believed.
    /// - Returns: the changed lift; nil when nobody had asked for that undo.
    mutating func undone(_ id: DispatchID, agent: String, until: Int64) -> Lift? {
        guard let target = targets[id], target.agent == agent, var lift = lifts[target], until > lift.until else {
            return nil
        }
        lift.until = until
        lifts[target] = lift
        return lift
    }

    /// Ends the lift of what an order applies by hand.
    ///
    /// - Returns: the ended lift; nil when there was none.
    mutating func end(for order: Order) -> Lift? {
        guard var lift = lifts.removeValue(forKey: Target(agent: order.agentID, key: ResponseKey(of: order))) else {
            return nil
        }
        targets[lift.dispatch] = nil
        lift.until = lift.at
        return lift
    }
}

extension Lift {
    /// Why an order does not run at a time; nil when the lift counts no more.
    ///
    /// - Parameter isUnderWay: whether the agent has not acted on the undo yet.
    func objection(now: Int64, isUnderWay: Bool) -> String? {
        guard until > now || isUnderWay else { return nil }
        let lifted = "\(by) undid the same response (\(dispatch)) at \(Timestamp.iso8601(milliseconds: at))"
        return isUnderWay
            ? lifted + "; that undo is under way"
            : lifted + "; not applied again before \(Timestamp.iso8601(milliseconds: until)) (undo_grace)"
    }
}
