/// Bringing back what somebody else took away: a flushed firewall, a rebooted machine.
///
/// While a script brings back its responses none of them is undone: it works from a list, and would bring back what was
/// lifted after the list was made.
extension ResponseTable {
    /// That a response was applied again is told at most so often, in milliseconds.
    private static let restoredPause: Int64 = 3_600_000

    /// The executables of which something is in force.
    package var executablesInForce: Set<String> {
        Set(dispatches.values.lazy.filter { $0.phase == .active }.map(\.order.executable))
    }

    /// Begins to bring back what is in force of an executable.
    ///
    /// - Returns: the responses in the order of their arrival, with the seconds that each has left; nil when that
    ///   cannot be now because an undo of the executable runs, or because the machine is stopping.
    package mutating func beginRestore(of executable: String, at now: Moment) -> [(order: Order, left: Int64)]? {
        let own = dispatches.values.filter { $0.order.executable == executable }
        guard !isStopping, !restoring.contains(executable), !own.contains(where: { $0.phase == .undoing }) else {
            return nil
        }
        restoring.insert(executable)
        return own.filter { $0.phase == .active }.sorted { $0.serial < $1.serial }.map { dispatch in
            (dispatch.order, max(1, ((dispatch.deadline?.boot ?? now.boot) - now.boot + 999) / 1000))
        }
    }

    /// The script has ended.
    ///
    /// - Parameter restored: what it says that it had to bring back.
    package mutating func restoreEnded(
        of executable: String, restored: [DispatchID], at now: Moment
    ) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        restoring.remove(executable)
        awaitAnew(executable, at: now, &actions)
        for id in restored {
            guard let dispatch = dispatches[id], dispatch.order.executable == executable else { continue }
            confirmAnew(id, at: now, &actions)
            // Somebody may empty the firewall every minute, for days without a manager that takes the events.
            if let told = dispatch.toldRestored, now.boot - told < Self.restoredPause { continue }
            dispatches[id]?.toldRestored = now.boot
            let detail = "it was not in force any more and was applied again"
            emit(.restored, id, at: now, undoDue: dispatch.deadline?.wall, detail: detail, &actions)
        }
        for key in heldByRestore.removeValue(forKey: executable) ?? [] { pump(key, at: now, &actions) }
        return actions
    }

    /// Whether an undo has to wait for a script that brings back; it is done at the end of that.
    mutating func isHeldByRestore(_ executable: String, _ key: ResponseKey) -> Bool {
        guard restoring.contains(executable) else { return false }
        heldByRestore[executable, default: []].insert(key)
        return true
    }
}
