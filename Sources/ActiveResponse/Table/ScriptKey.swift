/// What a script of the JSON generation says that it acts on: two dispatches with the same are one response for it,
/// whatever their alerts say (reference/ossec-wazuh.md, 3.2).
///
/// Wazuh takes the program's base name, so that equal names in different folders meet; here it is its path.
struct ScriptKey: Hashable, Sendable {
    let executable: String
    let keys: [String]
}

extension ResponseTable {
    /// The script of a dispatch asks by `check_keys` whether it may act.
    ///
    /// Answered with `abort` while another dispatch is in force for the same keys, whose time is prolonged then. While
    /// that one is being undone the answer waits for the end of it: the ban that comes first must not take the second
    /// one's effect away.
    package mutating func asked(_ id: DispatchID, _ request: KeyRequest, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        guard let dispatch = dispatches[id], dispatch.phase == .running, dispatch.deadline != nil,
            let keys = request.keys
        else { return [.answer(id, .proceed)] }
        let key = ScriptKey(executable: dispatch.order.executable, keys: keys)
        dispatches[id]?.scriptKey = key
        actions.append(.record(.keys(id, keys)))
        claim(key, for: id, at: now, &actions)
        return actions
    }

    /// Gives a key to a dispatch whose script asks for it, or makes it wait or yield.
    private mutating func claim(
        _ key: ScriptKey, for id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        guard let holderID = scriptKeyHolders[key], let holder = dispatches[holderID] else {
            scriptKeyHolders[key] = id
            actions.append(.answer(id, .proceed))
            return
        }
        switch holder.phase {
        case .active where holder.hasFailed && holder.undoRequestedBy == nil:
            scriptKeyWaiters[key, default: []].append(id)
            requestUndo(holderID, by: "dispatch \(id), because this one had failed", at: now, &actions)
        case .running where holder.undoRequestedBy == nil, .active where holder.undoRequestedBy == nil:
            dispatches[id]?.yieldsTo = holderID
            if let deadline = dispatches[id]?.deadline { extend(holderID, to: deadline, by: id, at: now, &actions) }
            actions.append(.answer(id, .abort))
        case .undoFailed:
            scriptKeyHolders[key] = id
            supersede(holderID, by: id, at: now, &actions)
            actions.append(.answer(id, .proceed))
        case .running, .active, .waiting, .undoDue, .undoing:
            scriptKeyWaiters[key, default: []].append(id)
        }
    }

    /// A dispatch is over: the next one that waits for its key may act.
    mutating func release(
        _ key: ScriptKey, by id: DispatchID, at now: Moment, _ actions: inout [ResponseAction]
    ) {
        guard scriptKeyHolders[key] == id else { return }
        scriptKeyHolders[key] = nil
        answerWaiters(of: key, at: now, &actions)
    }

    /// The undo that the answers for a key waited for is over, or has failed: nobody is kept waiting for the next try.
    mutating func answerWaiters(of key: ScriptKey, at now: Moment, _ actions: inout [ResponseAction]) {
        // The script of one may have been ended while it waited.
        for next in scriptKeyWaiters.removeValue(forKey: key) ?? [] where dispatches[next]?.phase == .running {
            claim(key, for: next, at: now, &actions)
        }
    }

    /// Whether a dispatch's script asked and was not told to act, as far as the journal says.
    func isUnanswered(_ id: DispatchID, _ dispatch: Dispatch) -> Bool {
        guard dispatch.phase == .running, let key = dispatch.scriptKey else { return false }
        return dispatches.contains { $0.key != id && $0.value.scriptKey == key && $0.value.serial < dispatch.serial }
    }

    /// Takes up the keys of the journal.
    ///
    /// Where two dispatches have the same, the later one's script was not told to act: it goes the way that it would
    /// have gone, but for one that was to wait, which runs again.
    mutating func resumeKeys(_ replayed: [(DispatchID, Dispatch)], at now: Moment, _ actions: inout [ResponseAction]) {
        for (id, dispatch) in replayed {
            guard let key = dispatch.scriptKey, dispatches[id] != nil else { continue }
            guard let holderID = scriptKeyHolders[key], let holder = dispatches[holderID] else {
                scriptKeyHolders[key] = id
                continue
            }
            guard dispatch.phase == .running else { continue }
            switch holder.phase {
            case .running where holder.undoRequestedBy == nil, .active where holder.undoRequestedBy == nil:
                if let deadline = dispatches[id]?.deadline { extend(holderID, to: deadline, by: id, at: now, &actions) }
                finish(id, .nothingRan, at: now, &actions)
                let undoDue = dispatches[holderID]?.deadline?.wall
                emit(.prolonged, id, at: now, undoDue: undoDue, detail: holderID.description, &actions)
            case .running, .active, .waiting, .undoDue, .undoing, .undoFailed:
                dispatches[id]?.phase = .waiting
                dispatches[id]?.deadline = nil
                dispatches[id]?.scriptKey = nil
            }
        }
    }
}
