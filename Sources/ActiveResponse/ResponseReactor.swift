import Alerts
import CSpawn
import Glibc
import Logging

/// The thread that does all the work: takes commands, runs scripts, keeps time.
///
/// It owns the table and the runner; the journal and the outbox are shared with the syncing thread.
///
/// It never waits for anything but events: the disk is waited for by the syncing thread.
///
/// `@unchecked Sendable`: made on the thread that starts it and handed to its own thread, after which nobody else
/// touches it.
final class ResponseReactor: @unchecked Sendable {
    /// What others want of the reactor.
    enum Command: Sendable {
        case submit(Order)
        case undo(DispatchID, by: String)
        case acknowledge(through: UInt64)
        case managerAddresses([String])
        /// The time is in milliseconds.
        case repeatedOffenders([Int64], quietTime: Int64)
        case disabled(Bool)
        case neverBlock(Set<VitalAddressKind>)
        /// Responses that may cut this machine off hold so many seconds at most; nil for any time.
        case maximumIsolation(Int64?)
        /// The manager was reached by a connection begun at this moment of the boot clock.
        case reached(since: Int64)
        /// Undo all responses that may cut this machine off; the answer is which those are.
        case release(by: String, @Sendable ([DispatchID]) -> Void)
        case paused(Bool)
        case list(@Sendable ([ActiveDispatch]) -> Void)
        case summarize(@Sendable ([HeldDispatch]) -> Void)
        case describe([DispatchID], @Sendable ([HeldOrder]) -> Void)
        /// The answer says that everything before this was taken.
        case taken(@Sendable () -> Void)
        /// Undo everything, and answer when that is done, at the latest after so many milliseconds.
        case undoAll(by: String, within: Int64, @Sendable () -> Void)
        /// End when no script runs any more, at the latest after so many milliseconds.
        case stop(patience: Int64)
    }

    /// After a burst of so many runs, and so many milliseconds later, unused memory is given back to the system.
    private static let trimAfterRuns = 200
    private static let trimPause: Int64 = 5000

    private let mailbox: Mailbox<Command>
    private let poller: Poller
    private let runner: ScriptRunner
    private var journal: JournalKeeper
    /// Where the audit log finds the orders of which events tell; nil when there is no audit log.
    private let takenOrders: TakenOrders?
    private let log: ActiveResponsesLog
    private let logger: Logger
    /// Has somebody try to reach the manager until a moment of the boot clock.
    private let probe: @Sendable (_ until: Int64) -> Void
    /// Tells of orders that cannot be taken for the time being.
    private let tell: @Sendable (OrderNotice) -> Void
    /// Orders were turned away, and nobody was told yet that they can be taken now.
    private var hasTurnedAway = false
    private var maximumIsolation: Int64?

    private var table: ResponseTable
    private var blockGuard: BlockGuard
    /// Scripts that outlived the last run of the daemon, until ``run()`` takes them over.
    private var survivors: [DispatchID: Survivor]
    private var restoreSchedule: RestoreSchedule
    /// Runs since unused memory was last given back to the system, and when that is done next.
    private var runsSinceTrim = 0
    private var trimAt: Int64?
    private var stopBy: Int64?
    /// Who waits until everything is undone, and until when.
    private var awaitingUndo: [(until: Int64, answer: @Sendable () -> Void)] = []

    init(
        mailbox: Mailbox<Command>, poller: Poller, runner: ScriptRunner, journal: JournalKeeper,
        log: ActiveResponsesLog, table: ResponseTable, blockGuard: BlockGuard,
        survivors: [DispatchID: Survivor], takenOrders: TakenOrders?,
        restoreSchedule: RestoreSchedule, maximumIsolation: Int64?, logger: Logger,
        tell: @escaping @Sendable (OrderNotice) -> Void, probe: @escaping @Sendable (_ until: Int64) -> Void
    ) {
        self.mailbox = mailbox
        self.poller = poller
        self.runner = runner
        self.journal = journal
        self.log = log
        self.table = table
        self.blockGuard = blockGuard
        self.survivors = survivors
        self.takenOrders = takenOrders
        self.restoreSchedule = restoreSchedule
        self.logger = logger
        self.maximumIsolation = maximumIsolation
        self.tell = tell
        self.probe = probe
    }

    /// Works until it is told to stop.
    func run() {
        let start = SystemClock.now()
        perform(table.resume(at: start, survivors: survivors.mapValues(\.action)), at: start)
        adoptSurvivors(at: start)
        if !table.executablesInForce.isEmpty { restoreSchedule.begin(at: start.boot) }
        // Reading the journal took a multiple of what is kept of it.
        trimAt = start.boot + Self.trimPause
        while !isDone(SystemClock.now().boot) {
            let tokens = poller.wait(until: nextDue)
            // Commands first: the script of a new order starts before anything else is done. Each start takes a
            // millisecond, many on a busy machine: a burst of orders must not keep an undo waiting that becomes due
            // meanwhile, nor may the time of its last one count from the moment at which the first was taken.
            for command in mailbox.take() {
                let now = SystemClock.now()
                take(command, at: now)
                if let due = table.nextDue, due <= now.boot { perform(table.advance(to: now), at: now) }
            }
            // The end of one script is the start of the next.
            for token in tokens { handle(token, at: SystemClock.now()) }
            let now = SystemClock.now()
            perform(table.advance(to: now), at: now)
            runner.advance(now: now.boot)
            for (id, request) in runner.takeRequests() { perform(table.asked(id, request, at: now), at: now) }
            restore(at: now)
            answerUndone(at: now)
            tendJournal(at: now)
            tendMemory(at: now)
            journal.syncWhenDue(at: now)
        }
        for waiting in awaitingUndo { waiting.answer() }
    }

    private var nextDue: Int64? {
        var earliest: Int64?
        for due in [table.nextDue, runner.nextDue, journal.nextDue, restoreSchedule.next, trimAt, stopBy, undoneBy] {
            guard let due, due < earliest ?? .max else { continue }
            earliest = due
        }
        return earliest
    }

    private var undoneBy: Int64? { awaitingUndo.map(\.until).min() }

    /// Answers those who wait until everything is undone, or for whom that takes too long.
    private func answerUndone(at now: Moment) {
        guard let undoneBy, table.isUndone || undoneBy <= now.boot else { return }
        let isUndone = table.isUndone
        // The events about it are passed on first.
        for waiting in awaitingUndo where isUndone || waiting.until <= now.boot { journal.outbox.mark(waiting.answer) }
        awaitingUndo.removeAll { isUndone || $0.until <= now.boot }
        journal.sync(at: now)
    }

    private func tendJournal(at now: Moment) {
        journal.tend(at: now, isPlaceWanted: hasTurnedAway) { table.records(at: now) }
        guard hasTurnedAway, journal.outbox.hasRoom, journal.hasPlace else { return }
        hasTurnedAway = false
        tell(.ready)
    }

    private func isDone(_ now: Int64) -> Bool {
        guard let stopBy else { return false }
        return runner.count == 0 || now >= stopBy
    }

    private func adoptSurvivors(at now: Moment) {
        for (id, survivor) in survivors {
            guard let run = table.run(of: id), run.action == survivor.action else {
                survivor.letGo()
                continue
            }
            logger.notice(
                "A response script still runs from before the restart; it is waited for",
                metadata: ["dispatch": "\(id)", "name": "\(run.order.executable)", "pid": "\(survivor.pid)"])
            guard !runner.adopt(survivor, as: run, now: now.boot) else { continue }
            let result = RunResult(exitStatus: nil, detail: "it could not be watched and was ended", isLost: true)
            perform(table.ended(id, result, at: now), at: now)
        }
        survivors = [:]
    }

    // MARK: - Events

    private func take(_ command: Command, at now: Moment) {
        switch command {
        case .submit(let order): submit(order, at: now)
        case .undo(let id, let by): perform(table.undo(id, by: by, at: now), at: now)
        case .acknowledge(let through):
            if let record = journal.outbox.acknowledge(through: through) { perform([.record(record)], at: now) }
        case .managerAddresses(let addresses):
            runner.managerAddresses = addresses
            blockGuard.managerAddresses = addresses.compactMap { IPAddress($0) }
        case .repeatedOffenders(let minutes, let quietTime):
            table.repeatedOffenders = minutes
            table.repetitions.quietTime = quietTime
        case .disabled(let isDisabled): table.isDisabled = isDisabled
        case .neverBlock(let kinds): blockGuard = BlockGuard(kinds: kinds, like: blockGuard)
        case .maximumIsolation(let seconds): maximumIsolation = seconds
        case .reached(let since): perform(table.reached(since: since, at: now), at: now)
        case .release(let by, let answer):
            let ids = table.cuttingOff
            answer(ids)
            for id in ids { perform(table.undo(id, by: by, at: now), at: now) }
        case .paused(let isPaused): perform(table.pause(isPaused, at: now), at: now)
        case .list(let answer): answer(table.activeDispatches)
        case .summarize(let deliver):
            let held = table.held(at: now)
            journal.outbox.mark { deliver(held) }
            journal.sync(at: now)
        case .describe(let ids, let deliver):
            let orders = table.orders(of: ids, at: now)
            journal.outbox.mark { deliver(orders) }
            journal.sync(at: now)
        case .taken(let answer): answer()
        case .undoAll(let by, let limit, let answer):
            awaitingUndo.append((now.boot + limit, answer))
            perform(table.undoAll(by: by, at: now), at: now)
        case .stop(let patience):
            table.stop()
            stopBy = now.boot + patience
        }
    }

    private func submit(_ order: Order, at now: Moment) {
        if journal.outbox.isFull {
            return turnAway(order, because: "the manager does not acknowledge what is reported")
        }
        guard order.kind == .run else {
            takenOrders?.add(order)
            return perform(table.submit(order, at: now), at: now)
        }
        guard journal.hasPlace(for: order, at: now, records: { table.records(at: now) }) else {
            return turnAway(order, because: "the journal cannot be written: \(journal.trouble)")
        }
        let mayCutOff = runner.declarations(of: order.executable).contains(.confirm)
        let order = mayCutOff ? IsolationLimit.bounded(order, to: maximumIsolation) : order
        takenOrders?.add(order)
        let actions = table.submit(order, objection: objection(to: order, at: now), mayCutOff: mayCutOff, at: now)
        perform(actions, at: now)
    }

    /// An order is neither taken nor refused: it waits at its sender.
    private func turnAway(_ order: Order, because reason: String) {
        hasTurnedAway = true
        tell(.turnedAway(order.id, reason: reason))
    }

    private func objection(to order: Order, at now: Moment) -> String? {
        blockGuard.objection(to: order, now: now.boot) { runner.declarations(of: order.executable) }
    }

    private func handle(_ token: UInt64, at now: Moment) {
        switch token {
        case Poller.bell: break
        case Poller.alarm: poller.alarmRang()
        case Poller.clockSet:
            // The journal's wall clock times are restated: after a reboot they are all that is left.
            poller.rearmClockWatch()
            journal.isRewriteWanted = true
        default:
            guard let end = runner.handle(token, now: now.boot) else { return }
            runsSinceTrim += 1
            if end.run.action == .restore { return restored(end, at: now) }
            let undoDue = end.run.action == .add ? table.dispatches[end.run.order.id]?.deadline?.wall : nil
            perform(table.ended(end.run.order.id, end.result, at: now), at: now)
            log.append(end.run, end.result, undoDue: undoDue, now: now.wall)
            journal.scheduleSync(at: now.boot)
        }
    }

    // MARK: - Actions

    /// Does what the table says.
    ///
    /// What follows from a start comes after the rest.
    private func perform(_ actions: [ResponseAction], at now: Moment) {
        guard !actions.isEmpty else { return }
        var actions = actions
        var taken: [DispatchID] = []
        var index = 0
        while index < actions.count {
            switch actions[index] {
            case .record(let record):
                note(record, taken: &taken, at: now)
                journal.add(record)
            case .emit(let event):
                journal.add(event)
            case .run(let run):
                journal.write(at: now)
                actions += start(run)
                // A hundred starts may follow: what becomes due meanwhile does not wait for them.
                let now = SystemClock.now()
                if let due = table.nextDue, due <= now.boot {
                    actions.insert(contentsOf: table.advance(to: now), at: index + 1)
                }
            case .probe(let until): probe(until)
            case .answer(let id, let answer):
                journal.write(at: now)
                runner.answer(answer, to: id)
            }
            index += 1
        }
        journal.write(at: now)
        guard let failure = journal.failure else { return }
        // What could not be journaled must not be kept waiting here: after a crash nobody would know of it.
        let refusal = StartFailure.refused("the journal cannot be written: \(failure)")
        for id in taken where table.dispatches[id]?.phase == .waiting {
            perform(table.notStarted(id, because: refusal, at: now), at: now)
        }
    }

    private func note(_ record: JournalRecord, taken: inout [DispatchID], at now: Moment) {
        switch record {
        case .order(let order): if order.kind == .run { taken.append(order.id) }
        case .active: restoreSchedule.activated(at: now.boot)
        case .due(let id, _):
            if let dispatch = table.dispatches[id] {
                restoreSchedule.prolonged(dispatch.order.executable, at: now.boot)
            }
        default: break
        }
    }

    private func start(_ run: Run) -> [ResponseAction] {
        let now = SystemClock.now()
        do throws(StartFailure) {
            // An undo is safe to repeat, so it does not need the journal.
            if run.action == .add, let failure = journal.failure {
                throw .refused("the journal cannot be written: \(failure)")
            }
            // Once more: what waited for its turn may have become vital meanwhile.
            if run.action == .add, let objection = objection(to: run.order, at: now) { throw .refused(objection) }
            try runner.start(run, now: now.boot)
            return table.started(run.order.id, at: now)
        } catch {
            logger.warning(
                "A response script was not started",
                metadata: [
                    "dispatch": "\(run.order.id)", "alert": "\(run.order.alertID)",
                    "name": "\(run.order.executable)", "reason": "\(error)",
                ])
            guard case .cutShort(let reason) = error else {
                return table.notStarted(run.order.id, because: error, at: now)
            }
            let result = RunResult(exitStatus: nil, detail: reason, isLost: true)
            return table.started(run.order.id, at: now) + table.ended(run.order.id, result, at: now)
        }
    }

    // MARK: - Bringing back

    /// When it is time, has the scripts that can bring back what is in force and somebody else took away.
    private func restore(at now: Moment) {
        let wanted = restoreSchedule.take(at: now.boot) { table.executablesInForce }
        for executable in wanted where runner.declarations(of: executable).contains(.restore) {
            guard let responses = table.beginRestore(of: executable, at: now) else {
                restoreSchedule.postpone(executable, at: now.boot)
                continue
            }
            do throws(StartFailure) {
                try runner.start(RestoreRequest.run(executable, responses), now: now.boot)
            } catch {
                logger.warning(
                    "Active responses cannot be looked after",
                    metadata: ["name": "\(executable)", "reason": "\(error)"])
                perform(table.restoreEnded(of: executable, restored: [], at: now), at: now)
            }
        }
    }

    private func restored(_ end: ScriptRunner.End, at now: Moment) {
        let executable = end.run.order.executable
        let restored = RestoreRequest.restored(in: end.result.output)
        if !restored.isEmpty {
            logger.notice(
                "Active responses were not in force any more and were applied again",
                metadata: ["name": "\(executable)", "count": "\(restored.count)"])
        }
        if !end.result.succeeded {
            let lines = String(decoding: end.result.output.suffix(500), as: UTF8.self).split(separator: "\n")
            let reason = [end.result.detail, lines.last.map(String.init) ?? ""].filter { !$0.isEmpty }
            logger.warning(
                "Active responses could not be looked after",
                metadata: ["name": "\(executable)", "reason": "\(reason.joined(separator: ": "))"])
        }
        perform(table.restoreEnded(of: executable, restored: restored, at: now), at: now)
    }

    // MARK: - Memory

    private func tendMemory(at now: Moment) {
        if let trimAt {
            guard trimAt <= now.boot else { return }
            self.trimAt = nil
            runsSinceTrim = 0
            edr_trim_memory()
        } else if runsSinceTrim >= Self.trimAfterRuns, runner.count == 0 {
            trimAt = now.boot + Self.trimPause
        }
    }
}
