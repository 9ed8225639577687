/// Responses that may cut this machine off its manager: each is kept only when the manager was reached through it.
///
/// Nobody could take back an isolation that the manager is not reached through. So its `add` is only an attempt: unless
/// somebody says within ``confirmPeriod`` that a connection that was begun after it works, it is undone and `failed`.
/// What the journal does not know to be confirmed is not, whatever happened in between.
extension ResponseTable {
    /// Whether the manager was reached through a response.
    package enum Confirmation: Sendable, Equatable {
        /// It does not cut this machine off.
        case unneeded
        /// Not known yet; nothing is done about it before the script has ended.
        case wanted
        /// Waited for: by a connection that was begun `since` then, `until` then (both of the boot clock). The end of
        /// the script is told with it; nil when it was told with an earlier confirmation.
        case awaited(since: Int64, until: Int64, RunResult?)
        case given
        /// It did not come: the response is undone for that.
        case missing
    }

    /// Begins to wait for a response's confirmation.
    mutating func awaitConfirmation(
        of id: DispatchID, _ result: RunResult?, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        let until = now.boot + (confirmPeriod ?? 0)
        dispatches[id]?.confirmation = .awaited(since: now.boot, until: until, result)
        deadlines.insert(id, at: until)
        actions.append(.probe(until: until))
    }

    /// The manager was reached by a connection that was begun at a moment of the boot clock.
    package mutating func reached(since begun: Int64, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        for (id, dispatch) in dispatches.sorted(by: { $0.value.serial < $1.value.serial }) {
            guard case .awaited(let since, _, let result) = dispatch.confirmation, since <= begun,
                dispatch.phase == .active, !restoring.contains(dispatch.order.executable)
            else { continue }
            dispatches[id]?.confirmation = .given
            dispatches[id]?.wasConfirmed = true
            actions.append(.record(.confirmed(id)))
            guard let result else { continue }
            emit(
                .active, id, at: now, result: result, undoDue: dispatch.deadline?.wall, detail: result.detail, &actions)
        }
        return actions
    }

    /// Undoes a response whose confirmation has not come in time.
    ///
    /// - Returns: whether that was so.
    mutating func giveUpUnconfirmed(
        _ id: DispatchID, _ dispatch: Dispatch, at now: Moment, _ actions: inout [ResponseAction]
    ) -> Bool {
        guard case .awaited(_, let until, let result) = dispatch.confirmation, dispatch.phase == .active,
            until <= now.boot
        else {
            return false
        }
        if result == nil {
            // It was active: it has not failed, and is undone like any other.
            let seconds = (confirmPeriod ?? 0) / 1000
            let reason = "the manager could not be reached through it within \(seconds) s after it was applied again"
            requestUndo(id, by: "this machine, because \(reason)", at: now, &actions)
            return true
        }
        dispatches[id]?.confirmation = .missing
        beginUndo(id, at: now, &actions)
        return true
    }

    /// A script has applied a response again: whoever confirmed it before did not come through what is there now.
    mutating func confirmAnew(_ id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]) {
        guard let dispatch = dispatches[id], dispatch.phase == .active, dispatch.confirmation == .given,
            confirmPeriod != nil
        else { return }
        actions.append(.record(.confirmationWanted(id)))
        awaitConfirmation(of: id, nil, at: now, &actions)
    }

    /// Its script has brought it back: what was reached before that proves nothing.
    mutating func awaitAnew(_ executable: String, at now: Moment, _ actions: inout [ResponseAction]) {
        for (id, dispatch) in dispatches where dispatch.order.executable == executable {
            guard case .awaited(_, let until, let result) = dispatch.confirmation else { continue }
            dispatches[id]?.confirmation = .awaited(since: now.boot, until: until, result)
            actions.append(.probe(until: until))
        }
    }

    /// The responses in force that may cut this machine off its manager, oldest first.
    package var cuttingOff: [DispatchID] {
        dispatches.filter { $0.value.confirmation != .unneeded && !$0.value.isUndoOrder }
            .sorted { $0.value.serial < $1.value.serial }.map(\.key)
    }

    /// How a response ends whose undo has succeeded for want of a confirmation.
    var unconfirmedReason: String {
        let seconds = (confirmPeriod ?? 0) / 1000
        return "the manager could not be reached through it within \(seconds) s, so it was undone"
    }
}
