package import Alerts
import Glibc
package import Logging
import Synchronization

/// Runs response scripts on this machine, undoes them when their time is over, and never loses, repeats or forgets one,
/// however often it is stopped or killed in between.
///
/// The agent and the manager's `server` location use it alike.
///
/// Orders go in by ``submit(_:)``, events come out through `onEvents`, each only after it is safe on disk, and are
/// repeated by ``unacknowledged()`` until ``acknowledge(through:)`` says that the manager has them.
package final class ResponseExecutor: Sendable {
    /// What an executor has to know.
    package struct Configuration: Sendable {
        /// The daemon's home, absolute.
        ///
        /// Scripts are in `active-response/bin` below it.
        package var home: String
        /// The journal's file name in `var`.
        package var journalName = "journal"
        /// Addresses at which the manager is reached, for scripts that cut the network off.
        package var managerAddresses: [String] = []
        /// What is never blocked, whatever is ordered.
        package var neverBlock = Set(VitalAddressKind.allCases)
        /// What stands before the paths of `/proc` and `/etc` from which that is found out.
        ///
        /// Only tests give one.
        package var systemRoot = ""
        /// How long the manager may take to be reached through a response that may cut this machine off (one whose
        /// script declares `# edr: confirm`), until it is undone.
        ///
        /// Nil where nobody could find that out.
        package var confirm: Duration?
        /// How long such a response holds at most; nil for any time.
        package var maximumIsolation: Duration?
        /// Whether nothing is started but undos, and nothing is looked after.
        ///
        /// For a look into the journal beside the daemon's own runs.
        package var onlyUndoes = false
        /// Minutes for the first, second, … repetition, for orders without a list of their own.
        package var repeatedOffenders: [Int64] = []
        /// After so long without a repetition a user or an address starts anew.
        package var quietTime = Duration.seconds(30 * 86_400)
        /// Whether new orders are refused; what is active is still undone.
        package var isDisabled = false
        /// Whether nothing new is started for the time being; what is active is still undone.
        package var isPaused = false
        package var limits = ResponseTable.Limits()
        /// With so many events that the manager has not acknowledged, orders are turned away.
        package var unacknowledgedLimit = Int.max
        /// The id of this machine's agent: orders for others are refused; nil on the manager, which orders itself.
        package var agentID: String?
        /// Whether every child of this process is the executor's, to be reaped by it.
        ///
        /// Only tests say no.
        package var ownsAllChildren = true
        /// Whether what happens is noted in `logs/audit.log` too: for an agent.
        ///
        /// The manager has its ledger.
        package var keepsAuditLog = false
        /// The folder of cgroup v2 in which each run gets a group of its own; nil where the daemon may make none.
        package var controlGroup = ControlGroups.delegated()
        /// How long ``ResponseExecutor/stop()`` waits for scripts that run.
        package var stopPatience: Duration = .seconds(3)
        /// How often what is in force is looked after, by scripts that can.
        package var restoreInterval: Duration = .seconds(60)

        package init(home: String) {
            self.home = home
        }
    }

    private enum SyncCommand: Sendable {
        case sync
        case stop
    }

    private struct Life {
        var outbox: EventOutbox?
        var isEnded = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: Configuration
    private let logger: Logger
    private let onEvents: @Sendable ([ResponseEvent]) -> Void
    private let onProbe: @Sendable (_ until: Int64) -> Void
    private let onNotice: @Sendable (OrderNotice) -> Void
    private let mailbox: Mailbox<ResponseReactor.Command>
    private let syncMailbox: Mailbox<SyncCommand>
    private let life = Mutex(Life())

    /// - Parameters:
    ///   - onProbe: called when somebody shall try to reach the manager by new connections until a moment of the boot
    ///     clock (``SystemClock``), and say so by ``reached(since:)``. It must not block.
    ///   - onNotice: called on a thread of the executor's with what is to be told to whoever sends orders. It must not
    ///     block. Without it an order that cannot be kept is lost: only where none are submitted.
    ///   - onEvents: called on a thread of the executor's with the events that became safe together, in the order of
    ///     their numbers; never with none. It must not block for long: later events wait for it.
    /// - Throws: when the system is out of descriptors.
    package init(
        configuration: Configuration, logger: Logger, onProbe: @escaping @Sendable (_ until: Int64) -> Void = { _ in },
        onNotice: @escaping @Sendable (OrderNotice) -> Void = { _ in },
        onEvents: @escaping @Sendable ([ResponseEvent]) -> Void
    ) throws(ResponseError) {
        self.configuration = configuration
        self.logger = logger
        self.onEvents = onEvents
        self.onProbe = onProbe
        self.onNotice = onNotice
        mailbox = try Mailbox()
        syncMailbox = try Mailbox()
    }

    /// Replays the journal, undoes what is overdue, runs what was still waiting, and begins to take orders.
    ///
    /// - Throws: when the journal cannot be opened or is in use, or the system is out of descriptors or threads. A
    ///   damaged journal is not an error: what is whole in it counts, and the damage is logged.
    package func start() throws(ResponseError) {
        let opened = try ResponseJournal.open("\(configuration.home)/var/\(configuration.journalName)")
        if opened.damagedBytes > 0 || opened.unknownRecords > 0 {
            logger.warning(
                "The journal had a torn or damaged part, which was cut out",
                metadata: ["count": "\(opened.damagedBytes)", "kind": "\(opened.unknownRecords) unknown records"])
        }
        let now = SystemClock.now()
        let outbox = EventOutbox(
            records: opened.records, now: now.wall, limit: configuration.unacknowledgedLimit)
        var limits = configuration.limits
        if configuration.onlyUndoes { limits.adds = 0 }
        var table = ResponseTable(
            bootID: SystemClock.bootID(), repeatedOffenders: configuration.repeatedOffenders, limits: limits)
        table.confirmPeriod = configuration.confirm.map { $0.components.seconds * 1000 }
        table.repetitions.quietTime = configuration.quietTime.components.seconds * 1000
        table.agentID = configuration.agentID
        table.isDisabled = configuration.isDisabled
        table.isPaused = configuration.isPaused
        for record in opened.records { table.replay(record) }
        // Written anew at each start: this cuts damage out, and states deadlines by the clocks of this boot.
        _ = opened.journal.rewrite(table.records(at: now) + outbox.records())
        _ = opened.journal.synchronize()

        // Without any response nothing can have outlived the last run, and /proc need not be looked through.
        let survivors =
            table.dispatches.isEmpty ? [:] : Survivor.find(table.interrupted, home: configuration.home)
        let poller = try Poller(bell: mailbox.bell)
        let runner = ScriptRunner(
            home: configuration.home, poller: poller, managerAddresses: configuration.managerAddresses,
            ownsAllChildren: configuration.ownsAllChildren, controlGroup: configuration.controlGroup, logger: logger)
        var blockGuard = BlockGuard(kinds: configuration.neverBlock, root: configuration.systemRoot)
        blockGuard.managerAddresses = configuration.managerAddresses.compactMap { IPAddress($0) }
        let syncMailbox = syncMailbox
        let orders = configuration.keepsAuditLog ? TakenOrders() : nil
        let restoreSchedule = RestoreSchedule(
            interval: configuration.onlyUndoes ? nil : configuration.restoreInterval.components.seconds * 1000)
        let reactor = ResponseReactor(
            mailbox: mailbox, poller: poller, runner: runner,
            journal: JournalKeeper(journal: opened.journal, outbox: outbox, logger: logger) {
                syncMailbox.send(.sync)
            },
            log: ActiveResponsesLog(home: configuration.home, logger: logger), table: table,
            blockGuard: blockGuard, survivors: survivors, takenOrders: orders,
            restoreSchedule: restoreSchedule, maximumIsolation: configuration.maximumIsolation?.components.seconds,
            logger: logger, tell: onNotice, probe: onProbe)
        life.withLock { $0.outbox = outbox }
        try WorkerThread.start("edr-sync") { [self] in deliver(opened.journal, outbox, orders) }
        try WorkerThread.start("edr-respond") {
            reactor.run()
            syncMailbox.send(.stop)
        }
    }

    /// Takes an order; one to undo too.
    ///
    /// Returns at once; the first event says that it is safe. One that cannot be kept, because the disk is full, is not
    /// taken: `onNotice` says so, and when it may be sent again.
    package func submit(_ order: Order) {
        mailbox.send(.submit(order))
    }

    /// Undoes an active dispatch before its time.
    package func undo(_ id: DispatchID, by: String) {
        mailbox.send(.undo(id, by: by))
    }

    /// The manager has all events up to this number: they are forgotten.
    package func acknowledge(through sequence: UInt64) {
        mailbox.send(.acknowledge(through: sequence))
    }

    /// The events that the manager has not acknowledged, oldest first.
    ///
    /// One that is given to `onEvents` at the same time can be among them.
    package func unacknowledged() -> [ResponseEvent] {
        life.withLock { $0.outbox }?.unacknowledged() ?? []
    }

    /// The dispatches that are not over; none before ``start()`` and after ``stop()``.
    package func active() async -> [ActiveDispatch] {
        await ask {
            .list($0)
        } orElse: {
            []
        }
    }

    /// Sends a command that is answered.
    private func ask<Answer: Sendable>(
        _ command: (@escaping @Sendable (Answer) -> Void) -> ResponseReactor.Command, orElse none: () -> Answer
    ) async -> Answer {
        await withCheckedContinuation { continuation in
            // Sent under the lock: what is in the mailbox when the executor is marked as ended still gets its answer.
            let isRunning = life.withLock { life in
                guard life.outbox != nil, !life.isEnded else { return false }
                mailbox.send(command { continuation.resume(returning: $0) })
                return true
            }
            if !isRunning { continuation.resume(returning: none()) }
        }
    }

    /// Tells what the journal holds as not over.
    ///
    /// - Parameter deliver: called on the thread that calls `onEvents`, after every event that led to what is told and
    ///   before every later one.
    package func summarize(_ deliver: @escaping @Sendable ([HeldDispatch]) -> Void) {
        mailbox.send(.summarize(deliver))
    }

    /// Tells the orders of dispatches that are not over; of others nothing.
    ///
    /// - Parameter deliver: called as for ``summarize(_:)``.
    package func describe(_ ids: [DispatchID], _ deliver: @escaping @Sendable ([HeldOrder]) -> Void) {
        mailbox.send(.describe(ids, deliver))
    }

    /// Asks to be told when everything that was given before this was taken.
    ///
    /// - Parameter answer: called on the executor's thread, unless it stops before.
    package func taken(_ answer: @escaping @Sendable () -> Void) {
        mailbox.send(.taken(answer))
    }

    /// Undoes everything that is in force, before ``stop()``; from now on nothing is run with `add`.
    ///
    /// Returns when that is done or was tried, at the latest after the limit. What is left stays in the journal and is
    /// undone by the next start; so does an order that comes meanwhile, which is run then.
    ///
    /// - Parameter by: who wants it, for the timelines.
    package func undoAll(by: String, within limit: Duration) async {
        await ask { answer in
            .undoAll(by: by, within: limit.components.seconds * 1000) { answer(()) }
        } orElse: {
        }
    }

    /// Says at which addresses the manager is reached from now on.
    package func update(managerAddresses: [String]) {
        mailbox.send(.managerAddresses(managerAddresses))
    }

    /// Says how long repetitions last from now on.
    ///
    /// - Parameter quietTime: after so long without a repetition a user or an address starts anew.
    package func update(repeatedOffenders: [Int64], quietTime: Duration) {
        mailbox.send(.repeatedOffenders(repeatedOffenders, quietTime: quietTime.components.seconds * 1000))
    }

    /// Says whether new orders are refused from now on.
    package func update(isDisabled: Bool) {
        mailbox.send(.disabled(isDisabled))
    }

    /// The manager was reached by a connection that was begun at this moment of the boot clock (``SystemClock``).
    package func reached(since begun: Int64) {
        mailbox.send(.reached(since: begun))
    }

    /// Undoes all responses that may cut this machine off, whoever ordered them.
    ///
    /// - Returns: which those are; the events say what comes of it. None before ``start()`` and after ``stop()``.
    package func release(by: String) async -> [DispatchID] {
        await ask {
            .release(by: by, $0)
        } orElse: {
            []
        }
    }

    /// Says how long responses that may cut this machine off hold at most from now on.
    package func update(maximumIsolation: Duration?) {
        mailbox.send(.maximumIsolation(maximumIsolation?.components.seconds))
    }

    /// Says what is never blocked from now on.
    package func update(neverBlock: Set<VitalAddressKind>) {
        mailbox.send(.neverBlock(neverBlock))
    }

    /// Says whether orders are kept waiting from now on.
    package func update(isPaused: Bool) {
        mailbox.send(.paused(isPaused))
    }

    /// Starts nothing more, waits a little for scripts that run, and makes everything safe on disk.
    ///
    /// What is active stays active: its undo is done by the next start. A script that still runs then is left alone.
    package func stop() async {
        let patience = configuration.stopPatience.components.seconds * 1000
        await withCheckedContinuation { continuation in
            let isRunning = life.withLock { life in
                guard life.outbox != nil, !life.isEnded else { return false }
                life.stopWaiters.append(continuation)
                return true
            }
            guard isRunning else { return continuation.resume() }
            mailbox.send(.stop(patience: patience))
        }
    }

    /// The syncing thread: makes what was written safe, then passes the events on.
    private func deliver(_ journal: ResponseJournal, _ outbox: EventOutbox, _ orders: TakenOrders?) {
        var isStopping = false
        var audit: ResponseAudit?
        if let orders {
            audit = ResponseAudit(home: configuration.home, logger: logger, now: SystemClock.now().wall)
            // What was journaled and perhaps not noted before the last end.
            audit?.append(outbox.unacknowledged().map { ($0, orders.take($0)) })
        }
        while !isStopping {
            isStopping = syncMailbox.wait().contains { if case .stop = $0 { true } else { false } }
            let written = outbox.written
            // On a broken disk events are passed on all the same: the manager shall know what happened.
            _ = journal.synchronize()
            let deliveries = outbox.release(through: written)
            if let orders { audit?.append(deliveries.compactMap(\.event).map { ($0, orders.take($0)) }) }
            var events: [ResponseEvent] = []
            for delivery in deliveries {
                switch delivery {
                case .event(let event): events.append(event)
                case .mark(let body):
                    if !events.isEmpty { onEvents(events) }
                    events = []
                    body()
                }
            }
            if !events.isEmpty { onEvents(events) }
        }
        // The reactor has ended before it told us to stop.
        journal.closeFiles()
        let waiters = life.withLock { life in
            life.isEnded = true
            defer { life.stopWaiters = [] }
            return life.stopWaiters
        }
        // Nobody takes commands any more; those who wait for an answer get it here.
        for command in mailbox.take() {
            switch command {
            case .list(let answer): answer([])
            case .undoAll(_, _, let answer): answer()
            case .release(_, let answer): answer([])
            default: break
            }
        }
        for waiter in waiters { waiter.resume() }
    }
}
