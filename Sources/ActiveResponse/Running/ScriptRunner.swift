import CSpawn
import Glibc
import Logging

/// Starts scripts, feeds and drains them, ends those that take too long, and reaps them and what they leave behind.
///
/// Confined to the reactor's thread.
final class ScriptRunner {
    /// A run that is over.
    struct End {
        let run: Run
        let result: RunResult
    }

    private enum Watch {
        case process(DispatchID)
        case output(DispatchID)
        case inputRoom(DispatchID)
        /// A background process of a script that is over still has its output open.
        case leftover(Int32)
    }

    /// Outputs of background processes that are kept open; those beyond lose theirs.
    private static let maximumLeftovers = 64
    /// What may be in the pipe of a script that is over, in reads of the scratch buffer.
    private static let lastReads = 20

    private let home: String
    private let poller: Poller
    private let check: ScriptCheck
    private var pins = PinCheck()
    private let orphans: OrphanReaper
    private let logger: Logger
    /// Nil where the daemon may make none.
    private let groups: ControlGroups?
    /// Where scripts that cut the network off find the manager.
    var managerAddresses: [String]

    private var processes: [DispatchID: ScriptProcess] = [:]
    private var watches: [UInt64: Watch] = [:]
    private var requests: [(id: DispatchID, request: KeyRequest)] = []
    private var leftovers = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    /// - Parameter controlGroup: the folder of cgroup v2 in which each run gets a group; nil for none.
    init(
        home: String, poller: Poller, managerAddresses: [String], ownsAllChildren: Bool, controlGroup: String?,
        logger: Logger
    ) {
        self.logger = logger
        groups = controlGroup.map(ControlGroups.init)
        self.home = home
        self.poller = poller
        self.managerAddresses = managerAddresses
        check = ScriptCheck(home: home)
        orphans = OrphanReaper(poller: poller, ownsAllChildren: ownsAllChildren)
    }

    deinit {
        for watch in watches.values {
            if case .leftover(let descriptor) = watch { close(descriptor) }
        }
        scratch.deallocate()
    }

    /// How many scripts run.
    var count: Int { processes.count }

    /// Starts a script.
    ///
    /// - Throws: when it did not run at all, or, with ``StartFailure/cutShort(_:)``, for a moment only.
    func start(_ run: Run, now: Int64) throws(StartFailure) {
        var confinement = try confinement(of: run.order)
        let invocation = ScriptInvocation(run, home: home, managerAddresses: managerAddresses)
        confinement.group = groups?.make(for: run)
        confinement.group?.limit(memory: confinement.memory, processes: confinement.processes)
        let process: ScriptProcess
        do throws(StartFailure) {
            process = try ScriptProcess(run, invocation, confinement, home: home, now: now)
        } catch {
            release(confinement.group)
            throw error
        }
        // The kernel may have refused to start it there.
        if process.group == nil { release(confinement.group) }
        if groups != nil, confinement.processes > 0, confinement.user == nil, process.group?.limitsProcesses != true {
            logger.warning(
                "The kernel does not hold a script to the number of its processes; root has no other limit",
                metadata: ["name": "\(run.order.executable)", "dispatch": "\(run.order.id)"])
        }
        guard add(process) else {
            let error = errno
            process.end(now: now)
            throw .cutShort(StartFailure.unwatched(error))
        }
        // Only now: the script has better things to do at first than to read it.
        if let input = process.input { settle(input.write(), of: process) }
    }

    private func release(_ group: RunGroup?) {
        if let group { groups?.release(group) }
    }

    /// Checks the script of an order, and finds what its containment is on this machine.
    private func confinement(of order: Order) throws(StartFailure) -> Confinement {
        let file = try check.check(order.executable)
        let containment = order.containment
        var confinement = Confinement()
        guard !containment.isEmpty else { return confinement }
        if let pin = containment.sha256, try pins.check(file, is: pin, order.executable, now: time(nil)) {
            confinement.program = file
        }
        if let name = containment.runAs { confinement.user = try ScriptUser(named: name) }
        confinement.memory = containment.memory
        confinement.fileSize = containment.fileSize
        confinement.processes = containment.processes
        return confinement
    }

    /// What a script says of itself.
    func declarations(of executable: String) -> ScriptDeclarations {
        ScriptDeclarations(of: "\(home)/active-response/bin/\(executable)")
    }

    /// Takes over a script that outlived an earlier run of the daemon.
    ///
    /// - Returns: false when it cannot be watched; it is ended then.
    func adopt(_ survivor: Survivor, as run: Run, now: Int64) -> Bool {
        let process = ScriptProcess(run, adopting: survivor, group: groups?.find(for: run))
        if add(process) { return true }
        process.end(now: now)
        return false
    }

    private func add(_ process: ScriptProcess) -> Bool {
        let id = process.run.order.id
        guard let token = poller.watch(process.pidfd) else { return false }
        processes[id] = process
        watches[token] = .process(id)
        // Without a watch the output is read when the script has ended.
        if let output = process.output, let token = poller.watch(output) {
            process.outputToken = token
            watches[token] = .output(id)
        }
        return true
    }

    /// The `check_keys` requests since the last call; each waits for its ``answer(_:to:)``.
    func takeRequests() -> [(id: DispatchID, request: KeyRequest)] {
        defer { requests = [] }
        return requests
    }

    /// Answers a script's request.
    func answer(_ answer: KeyAnswer, to id: DispatchID) {
        guard let process = processes[id], let input = process.input else { return }
        let invocation = ScriptInvocation(process.run, home: home, managerAddresses: managerAddresses)
        settle(input.answer(Array((invocation.reply(answer) + "\n").utf8)), of: process)
    }

    /// Takes the event of a descriptor.
    ///
    /// - Returns: the run that ended by it, if one did.
    func handle(_ token: UInt64, now: Int64) -> End? {
        switch watches[token] {
        case nil: _ = orphans.handle(token, now: now)
        case .process(let id): return end(id, token, now: now)
        case .output(let id): if let process = processes[id] { readOutput(of: process) }
        case .inputRoom(let id):
            if let process = processes[id], let input = process.input { settle(input.write(), of: process) }
        case .leftover(let descriptor): discard(descriptor, token)
        }
        return nil
    }

    /// When ``advance(now:)`` has something to do, by the boot clock.
    var nextDue: Int64? {
        var earliest = orphans.nextLook
        for process in processes.values {
            for due in [process.nextStep, process.input?.nextLook] {
                guard let due, due < earliest ?? .max else { continue }
                earliest = due
            }
        }
        return earliest
    }

    /// Time has passed: ends what takes too long, and the input of those who wait for its end.
    func advance(now: Int64) {
        orphans.advance(now: now, scripts: pids)
        for process in processes.values {
            process.enforceLimit(now: now)
            guard let input = process.input, let look = input.nextLook, look <= now else { continue }
            let outcome = input.look(process: process.pid, now: now) {
                note(process.drain(scratch).asked, of: process)
            }
            settle(outcome, of: process)
        }
    }

    // MARK: - Events

    private var pids: Set<pid_t> { Set(processes.values.map(\.pid)) }

    /// Does what follows from the state of a script's input.
    private func settle(_ outcome: StandardInput.Outcome, of process: ScriptProcess) {
        guard let input = process.input else { return }
        if case .wantsRoom = outcome {
            guard input.roomToken == nil else { return }
            guard let token = poller.watchForRoom(input.descriptor) else { return process.input = nil }
            input.roomToken = token
            watches[token] = .inputRoom(process.run.order.id)
            return
        }
        if let token = input.roomToken {
            input.roomToken = nil
            watches[token] = nil
            poller.unwatch(input.descriptor)
        }
        if case .done = outcome { process.input = nil }
    }

    private func readOutput(of process: ScriptProcess) {
        let (reading, asked) = process.drain(scratch)
        note(asked, of: process)
        // A closed pipe would be reported as readable until the script ends.
        if reading == .closed { releaseOutput(of: process, reading) }
    }

    /// Notes a script's request; returns whether there was one.
    @discardableResult
    private func note(_ request: KeyRequest?, of process: ScriptProcess) -> Bool {
        guard let request else { return false }
        process.input?.expectAnswer()
        requests.append((process.run.order.id, request))
        return true
    }

    private func end(_ id: DispatchID, _ token: UInt64, now: Int64) -> End? {
        guard let process = processes[id] else { return nil }
        let (reading, _) = process.drain(scratch, limit: Self.lastReads)
        guard let result = process.reap(now: now) else { return nil }
        processes[id] = nil
        watches[token] = nil
        poller.unwatch(process.pidfd)
        settle(.done, of: process)
        releaseOutput(of: process, reading)
        orphans.processEnded(inSession: process.pid, now: now)
        release(process.group)
        return End(run: process.run, result: result)
    }

    // MARK: - Outputs that outlive their script

    /// Lets go of a script's output.
    ///
    /// A background process that still writes to it must not be killed by SIGPIPE for that: its output is read on, and
    /// thrown away.
    private func releaseOutput(of process: ScriptProcess, _ reading: ScriptProcess.Reading) {
        guard let output = process.takeOutput() else { return }
        guard let token = process.outputToken else { return _ = close(output) }
        if reading == .open, leftovers < Self.maximumLeftovers {
            leftovers += 1
            watches[token] = .leftover(output)
            return
        }
        watches[token] = nil
        poller.unwatch(output)
        close(output)
    }

    private func discard(_ descriptor: Int32, _ token: UInt64) {
        let count = read(descriptor, scratch.baseAddress, scratch.count)
        if count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) { return }
        leftovers -= 1
        watches[token] = nil
        poller.unwatch(descriptor)
        close(descriptor)
    }
}
