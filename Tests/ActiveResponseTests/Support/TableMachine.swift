import ActiveResponse

/// A response table with clocks of its own, that collects what the table asks for.
struct TableMachine {
    private(set) var table: ResponseTable
    private(set) var journal: [JournalRecord] = []
    private(set) var events: [ResponseEvent] = []
    /// The runs that were asked for and have not ended.
    private(set) var runs: [Run] = []
    /// The answers to `check_keys` requests so far.
    private(set) var answers: [DispatchID: KeyAnswer] = [:]
    /// Until when the manager was asked to be tried, each time.
    private(set) var probes: [Int64] = []
    var now = Moment(wall: 1_700_000_000_000, boot: 1_000_000)
    /// How long after its turn a script is started, in milliseconds.
    var startDelay: Int64 = 0
    private var bootID: String

    init(bootID: String = "boot-1", offenders: [Int64] = [], limits: ResponseTable.Limits = .init()) {
        self.bootID = bootID
        table = ResponseTable(bootID: bootID, repeatedOffenders: offenders, limits: limits)
    }

    /// What was emitted since the last call, as `kind` or `kind(number of the dispatch)`.
    mutating func takeEvents() -> [ResponseEvent] {
        defer { events = [] }
        return events
    }

    mutating func kinds() -> [ResponseEvent.Kind] { takeEvents().map(\.kind) }

    mutating func submit(_ order: Order, mayCutOff: Bool = false) {
        take(table.submit(order, mayCutOff: mayCutOff, at: now))
    }

    /// How long the manager may take to be reached, in milliseconds.
    var confirmPeriod: Int64? {
        get { table.confirmPeriod }
        set { table.confirmPeriod = newValue }
    }

    mutating func reach(since begun: Int64) { take(table.reached(since: begun, at: now)) }

    mutating func beginRestore(_ executable: String) -> [DispatchID]? {
        table.beginRestore(of: executable, at: now)?.map(\.order.id)
    }

    mutating func endRestore(_ executable: String, restored: [DispatchID] = []) {
        take(table.restoreEnded(of: executable, restored: restored, at: now))
    }

    /// Stops and starts at this very moment; what ran does not run on.
    mutating func restart(compacted: Bool = false) {
        let probes = probes
        self = restarted(compacted: compacted)
        self.probes = probes + self.probes
    }

    mutating func undo(_ id: DispatchID) { take(table.undo(id, by: "root", at: now)) }

    mutating func end(
        _ id: DispatchID, status: Int32? = 0, signal: Int32? = nil, output: String = "", detail: String = "",
        isLost: Bool = false
    ) {
        runs.removeAll { $0.order.id == id }
        let result = RunResult(
            exitStatus: status, signal: signal, durationMilliseconds: 5, output: Array(output.utf8), detail: detail,
            isLost: isLost)
        take(table.ended(id, result, at: now))
    }

    mutating func ask(_ id: DispatchID, _ keys: [String]?) {
        take(table.asked(id, KeyRequest(keys: keys), at: now))
    }

    mutating func failToStart(_ id: DispatchID, _ failure: StartFailure) {
        runs.removeAll { $0.order.id == id }
        take(table.notStarted(id, because: failure, at: now))
    }

    /// Lets seconds pass on both clocks.
    mutating func pass(_ seconds: Int64) {
        now.wall += seconds * 1000
        now.boot += seconds * 1000
        take(table.advance(to: now))
    }

    mutating func undoAll() { take(table.undoAll(by: "the stop", at: now)) }

    mutating func stop() { table.stop() }

    mutating func pause(_ isPaused: Bool) { take(table.pause(isPaused, at: now)) }

    mutating func forgetOffenders(after seconds: Int64) { table.repetitions.quietTime = seconds * 1000 }

    mutating func switchOff() { table.isDisabled = true }

    /// What runs, as (number of the dispatch's order id, action).
    var running: [String] { runs.map { "\($0.action) \($0.order.id)" } }

    func isRunning(_ action: Run.Action, _ id: DispatchID) -> Bool {
        runs.contains { $0.action == action && $0.order.id == id }
    }

    /// The machine after a stop at this very moment: a new table from the journal, or from a compacted one.
    ///
    /// - Parameters:
    ///   - down: seconds until it is started again.
    ///   - survivors: the scripts that run on meanwhile.
    ///   - rebootedAs: the new boot's id, when the machine itself was restarted; its boot clock then starts anew.
    func restarted(
        down: Int64 = 0, rebootedAs newBoot: String? = nil, compacted: Bool = false,
        survivors: [DispatchID: Run.Action] = [:]
    ) -> TableMachine {
        var next = TableMachine(bootID: newBoot ?? bootID)
        next.now = Moment(wall: now.wall + down * 1000, boot: newBoot == nil ? now.boot + down * 1000 : 20_000)
        next.confirmPeriod = confirmPeriod
        next.journal = compacted ? table.records(at: now) : journal
        for record in next.journal { next.table.replay(record) }
        next.runs = runs.filter { survivors[$0.order.id] == $0.action }
        next.take(next.table.resume(at: next.now, survivors: survivors))
        return next
    }

    private mutating func take(_ actions: [ResponseAction]) {
        for action in actions {
            switch action {
            case .record(let record): journal.append(record)
            case .emit(let event): events.append(event)
            case .probe(let until): probes.append(until)
            case .answer(let id, let answer): answers[id] = answer
            case .run(let run):
                runs.append(run)
                let start = Moment(wall: now.wall + startDelay, boot: now.boot + startDelay)
                take(table.started(run.order.id, at: start))
            }
        }
    }
}
