/// What is known, queued, running, active and undoing on one machine, and what follows from each event.
///
/// A value without I/O and without a clock: events go in with the moment at which they happened, actions come out.
/// After a restart the journal's records are replayed into it, then ``resume(at:)`` says what is left to be done.
///
/// Runs of one key (``ResponseKey``) follow each other in the order of their arrival. A stateful dispatch *holds* its
/// key from its start until it is undone: repeats are settled with it instead of running. Different keys run at the
/// same time, up to a limit; undos have slots of their own, so that hanging scripts can never delay them.
package struct ResponseTable: Sendable {
    /// How much may go on at the same time.
    package struct Limits: Sendable {
        /// Runs with `add` at the same time.
        package var adds = 64
        /// Runs with `delete` at the same time.
        package var undos = 64
        /// Dispatches that are not over.
        package var dispatches = 100_000
        /// What their orders hold, in bytes.
        package var bytes = 64 << 20

        package init() {}
    }

    /// Where a dispatch stands.
    package enum Phase: Sendable, Equatable {
        /// Waits for its key or a slot; an order to undo waits here for its `delete`.
        case waiting
        /// Runs with `add`.
        case running
        /// Stateful, in force until its deadline.
        case active
        /// To be undone as soon as its key and a slot are free.
        case undoDue
        /// Runs with `delete`.
        case undoing
        /// The undo failed; it is tried again at this time of the boot clock.
        case undoFailed(retryAt: Int64)
    }

    /// One dispatch that is not over.
    package struct Dispatch: Sendable {
        package internal(set) var order: Order
        package internal(set) var phase: Phase
        /// When the undo is due; set when a stateful one starts.
        package internal(set) var deadline: Deadline?
        let key: ResponseKey
        let serial: UInt64
        var undoRequestedBy: String?
        var undoAttempts = 0
        /// Whether its `add` has failed: nobody knows what of it is in force.
        var hasFailed = false
        /// Whether its start counted as a repetition for `repeated_offenders`.
        var isCounted = false
        /// What its script said by `check_keys` that it acts on.
        var scriptKey: ScriptKey?
        /// The dispatch in force for the same script key, for which its script was told to abort.
        var yieldsTo: DispatchID?
        /// Whether, and how far, the manager was reached through it.
        package internal(set) var confirmation = Confirmation.unneeded
        /// Whether it was reached through it once; what was applied again needs that anew.
        var wasConfirmed = false
        /// When it was last told that it was applied again, by the boot clock.
        var toldRestored: Int64?

        var isUndoOrder: Bool {
            if case .undo = order.kind { return true }
            return false
        }

        /// Whether its `delete` runs or comes next.
        var isBeingUndone: Bool { phase == .undoDue || phase == .undoing }
    }

    /// What goes on with one key.
    struct Line: Sendable {
        /// The dispatch whose script runs.
        var running: DispatchID?
        /// The stateful dispatch in force.
        var holder: DispatchID?
        var waiting: [DispatchID] = []
    }

    /// The last try to undo is this one; with pauses of five minutes that is after a day.
    static let undoAttempts = 300

    let limits: Limits
    let bootID: String
    /// The id of this machine's agent: orders for others are refused; nil where nobody could give such orders.
    package var agentID: String?
    /// Minutes per repetition for orders that bring no list of their own.
    package var repeatedOffenders: [Int64]
    /// Whether the administrator has switched responses off on this machine: new orders are refused.
    ///
    /// What is active is still undone.
    package var isDisabled = false
    /// Whether nothing new is started for the time being: orders wait, and expire while they do.
    ///
    /// What is active is still undone.
    package var isPaused = false

    package internal(set) var dispatches: [DispatchID: Dispatch] = [:]
    /// What the orders of ``dispatches`` hold, in bytes.
    var heldBytes = 0
    var finished = FinishedDispatches()
    package var repetitions = RepetitionCounters()
    var lines: [ResponseKey: Line] = [:]
    /// The stateful dispatch that acts, or has acted, on each script key.
    var scriptKeyHolders: [ScriptKey: DispatchID] = [:]
    /// The dispatches whose scripts wait for an answer until the holder's undo is done.
    var scriptKeyWaiters: [ScriptKey: [DispatchID]] = [:]
    var deadlines = DeadlineQueue<DispatchID>()
    var readyAdds = ReadyQueue()
    var readyUndos = ReadyQueue()
    package internal(set) var runningAdds = 0
    package internal(set) var runningUndos = 0
    var nextSerial: UInt64 = 0
    private(set) var isStopping = false
    /// Whether nothing is run with `add` any more; undos are.
    var takesNothing = false
    /// How long the manager may take to be reached through a response that may cut it off, in milliseconds; nil where
    /// that is not asked for.
    package var confirmPeriod: Int64?
    /// The executables that bring back their responses now.
    var restoring: Set<String> = []
    /// The undos that wait for that.
    var heldByRestore: [String: Set<ResponseKey>] = [:]

    package init(bootID: String, repeatedOffenders: [Int64] = [], limits: Limits = Limits()) {
        self.bootID = bootID
        self.repeatedOffenders = repeatedOffenders
        self.limits = limits
    }

    /// When ``advance(to:)`` has something to do, by the boot clock; nil when nothing is due ever.
    package var nextDue: Int64? { deadlines.next }

    /// How many entries there are for times to come.
    package var dueCount: Int { deadlines.count }

    // MARK: - Events

    /// An order has come.
    ///
    /// One that is known already is acknowledged again and changes nothing.
    ///
    /// - Parameters:
    ///   - objection: why this machine does not do what is ordered, if so; what is undone is always done.
    ///   - mayCutOff: whether its script may cut this machine off its manager.
    package mutating func submit(
        _ order: Order, objection: String? = nil, mayCutOff: Bool = false, at now: Moment
    ) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        let received = ResponseAction.emit(ResponseEvent(dispatchID: order.id, kind: .received, at: now.wall))
        if case .undo(let by) = order.kind {
            actions.append(received)
            submitUndo(order, by: by, at: now, &actions)
            return actions
        }
        guard dispatches[order.id] == nil, finished[order.id] == nil else { return [received] }
        if let reason = refusal(of: order) ?? objection {
            actions.append(received)
            refuse(order, because: reason, at: now, &actions)
            return actions
        }
        actions.append(.record(.order(order)))
        actions.append(received)
        add(order)
        if mayCutOff {
            dispatches[order.id]?.confirmation = .wanted
            actions.append(.record(.confirmationWanted(order.id)))
        }
        pump(ResponseKey(of: order), at: now, &actions)
        return actions
    }

    /// Somebody on this machine wants a dispatch undone before its time.
    ///
    /// Nothing happens when it is not active.
    package mutating func undo(_ id: DispatchID, by: String, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        requestUndo(id, by: by, at: now, &actions)
        return actions
    }

    /// How much later than planned a script may start without being given its whole time anew, in milliseconds.
    private static let startTolerance: Int64 = 50

    /// The script of a dispatch has been started.
    package mutating func started(_ id: DispatchID, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        guard let dispatch = dispatches[id] else { return [] }
        if dispatch.phase == .running {
            // Others were started before it since its turn came: its time counts from its own start.
            if let due = dispatch.deadline, due.boot + Self.startTolerance < now.boot + due.length {
                let deadline = Deadline(after: due.length, from: now, bootID: bootID)
                dispatches[id]?.deadline = deadline
                actions.append(.record(.started(id, deadline)))
            }
            emit(.started, id, at: now, undoDue: dispatches[id]?.deadline?.wall, &actions)
        } else if dispatch.undoAttempts == 1, dispatch.confirmation != .missing {
            var by = dispatch.undoRequestedBy
            if case .undo(let name) = dispatch.order.kind { by = name }
            emit(.undoing, id, at: now, detail: by.map { "asked for by \($0)" } ?? "", &actions)
        }
        return actions
    }

    /// The script of a dispatch has ended.
    package mutating func ended(_ id: DispatchID, _ result: RunResult, at now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        guard let dispatch = dispatches[id] else { return [] }
        lines[dispatch.key]?.running = nil
        if dispatch.phase == .undoing {
            runningUndos -= 1
            undoEnded(id, dispatch, result, at: now, &actions)
        } else {
            runningAdds -= 1
            addEnded(id, dispatch, result, at: now, &actions)
        }
        pump(dispatch.key, at: now, &actions)
        fillSlots(at: now, &actions)
        return actions
    }

    /// The script of a dispatch could not be started: nothing of it ran.
    package mutating func notStarted(
        _ id: DispatchID, because failure: StartFailure, at now: Moment
    ) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        guard let dispatch = dispatches[id] else { return [] }
        if lines[dispatch.key]?.running == id { lines[dispatch.key]?.running = nil }
        switch dispatch.phase {
        case .undoing:
            runningUndos -= 1
            let result = RunResult(exitStatus: nil, detail: failure.description)
            undoEnded(id, dispatch, result, at: now, &actions)
        case .running, .waiting:
            if dispatch.phase == .running { runningAdds -= 1 }
            if dispatch.isCounted, let counted = repetitions.takeBack(dispatch.key) {
                actions.append(.record(.repetition(dispatch.key, count: counted.count, at: counted.at)))
            }
            finish(id, .nothingRan, at: now, &actions)
            let kind: ResponseEvent.Kind
            if case .refused = failure { kind = .refused } else { kind = .failed }
            emit(kind, id, at: now, detail: failure.description, &actions)
        case .active, .undoDue, .undoFailed:
            return []
        }
        pump(dispatch.key, at: now, &actions)
        fillSlots(at: now, &actions)
        return actions
    }

    /// Time has passed: starts the undos that are due.
    package mutating func advance(to now: Moment) -> [ResponseAction] {
        var actions: [ResponseAction] = []
        while let due = deadlines.popDue(at: now.boot) {
            // The dispatch may be over by now, or due at another time.
            guard let dispatch = dispatches[due.element] else { continue }
            if giveUpUnconfirmed(due.element, dispatch, at: now, &actions) { continue }
            switch dispatch.phase {
            case .active:
                guard let deadline = dispatch.deadline else { continue }
                if deadline.boot <= now.boot {
                    beginUndo(due.element, at: now, &actions)
                } else {
                    // Prolonged meanwhile.
                    deadlines.insert(due.element, at: deadline.boot)
                }
            case .undoFailed(retryAt: due.at):
                beginUndo(due.element, at: now, &actions)
            default: continue
            }
        }
        return actions
    }

    /// Keeps orders waiting from now on, or starts those that have waited.
    package mutating func pause(_ isPaused: Bool, at now: Moment) -> [ResponseAction] {
        self.isPaused = isPaused
        var actions: [ResponseAction] = []
        guard !isPaused else { return actions }
        // In the order of their coming.
        let waiting = lines.compactMap { key, line in
            line.waiting.first.flatMap { dispatches[$0]?.serial }.map { (key: key, serial: $0) }
        }
        for line in waiting.sorted(by: { $0.serial < $1.serial }) { pump(line.key, at: now, &actions) }
        return actions
    }

    /// From now on nothing new is started; what runs may end.
    package mutating func stop() {
        isStopping = true
    }
}
