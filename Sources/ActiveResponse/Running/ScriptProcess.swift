import CSpawn
import Glibc

/// One running script: its process, its pipes, its time limit.
///
/// Confined to the reactor's thread.
final class ScriptProcess {
    /// How a run that takes too long is ended.
    private enum Stage {
        case running
        /// SIGTERM was sent.
        case terminated
        /// SIGKILL was sent.
        case killed
    }

    /// Between SIGTERM and SIGKILL, in milliseconds.
    private static let grace: Int64 = 5000
    /// Seconds that a run may take when the order does not say.
    private static let defaultLimit: Int64 = 60
    /// Read at most so much at once, so that a flood of output holds nothing else up.
    private static let readsAtOnce = 16

    let run: Run
    let pid: pid_t
    let pidfd: Int32
    /// Our end of the pipe for its output; nil once it is closed or given away.
    private(set) var output: Int32?
    /// The watch on the output.
    var outputToken: UInt64?
    /// Our end of its standard input; nil once that is closed.
    var input: StandardInput?
    /// Its control group; nil when it is in none of its own.
    let group: RunGroup?
    private let startedAt: Int64
    private let limit: Int64
    private var stage = Stage.running
    private var stageEnds: Int64
    private var tail: OutputTail
    /// What the output of a script that brings back responses may take: a line for each.
    private static let restoreOutput = 8 << 20
    private var requests: KeyRequestDetector?
    /// Whether an earlier run of the daemon started it: its exit status is not ours to learn.
    private let isAdopted: Bool

    /// Starts the script.
    ///
    /// - Throws: ``StartFailure/failed(_:)`` or ``StartFailure/cutShort(_:)`` with the system's reason.
    init(
        _ run: Run, _ invocation: ScriptInvocation, _ confinement: Confinement, home: String, now: Int64
    ) throws(StartFailure) {
        let outputPipe = try Pipe()
        outputPipe.keepOpenForItsWriter()
        let inputPipe = invocation.line == nil ? nil : try Pipe()
        var input: StandardInput?
        var childInput: Int32 = -1
        if let inputPipe, let line = invocation.line {
            childInput = inputPipe.takeReader(blocking: true)
            input = StandardInput(
                descriptor: inputPipe.takeWriter(), line: Array((line + "\n").utf8), mayAsk: invocation.mayAsk,
                now: now)
        } else {
            childInput = open("/dev/null", O_RDONLY | O_CLOEXEC)
        }
        defer { close(childInput) }
        if let user = confinement.user {
            // So that he can open /dev/stdin, /dev/stdout and /dev/stderr too.
            _ = fchown(outputPipe.writer, user.uid, gid_t.max)
            if inputPipe != nil { _ = fchown(childInput, user.uid, gid_t.max) }
        }
        var start = Start(
            invocation: invocation, confinement: confinement, home: home, input: childInput,
            output: outputPipe.writer)
        let (pid, pidfd) = try Self.spawn(&start)
        group = start.confinement.group
        self.run = run
        self.pid = pid
        self.pidfd = pidfd
        self.output = outputPipe.takeReader(blocking: false)
        self.input = input
        tail = run.action == .restore ? OutputTail(limit: Self.restoreOutput) : OutputTail()
        requests = invocation.mayAsk ? KeyRequestDetector() : nil
        startedAt = now
        limit = run.order.execTimeout > 0 ? run.order.execTimeout : Self.defaultLimit
        stageEnds = now + limit * 1000
        isAdopted = false
    }

    /// Takes over a script that outlived the run of the daemon which started it.
    init(_ run: Run, adopting survivor: Survivor, group: RunGroup?) {
        self.group = group
        self.run = run
        pid = survivor.pid
        pidfd = survivor.pidfd
        output = survivor.output
        tail = OutputTail()
        startedAt = survivor.startedAt
        limit = run.order.execTimeout > 0 ? run.order.execTimeout : Self.defaultLimit
        stageEnds = survivor.startedAt + limit * 1000
        isAdopted = true
    }

    deinit {
        if let output { close(output) }
        close(pidfd)
    }

    private static func spawn(_ start: inout Start) throws(StartFailure) -> (pid_t, Int32) {
        var pid: pid_t = 0
        var pidfd: Int32 = -1
        var error = start.perform(&pid, &pidfd)
        // "Text file busy": somebody is still writing the file, or was just now and a child of his has the
        // descriptor for a moment longer. Rare enough to wait for it here, for 20 ms at most.
        for _ in 0..<20 where error == ETXTBSY {
            usleep(1000)
            error = start.perform(&pid, &pidfd)
        }
        guard error >= 0 else { throw .cutShort(StartFailure.unwatched(-error)) }
        guard error == 0 else {
            var reason = String(cString: strerror(error))
            if error == ENOENT { reason += " (is the interpreter in its first line installed?)" }
            if error == ENOEXEC { reason += " (neither a program for this machine nor a script)" }
            if error == EACCES, start.confinement.user != nil {
                reason += " (may the user of run_as read it, and enter the folders down to it?)"
            }
            if error == EAGAIN, start.confinement.processes > 0 {
                reason += " (the user of run_as has as many processes as <limits> allows)"
            }
            throw .failed("cannot be started: \(reason)")
        }
        return (pid, pidfd)
    }

    // MARK: - Output

    /// What reading the output came to.
    enum Reading {
        /// There may be more later.
        case open
        /// Nobody can write any more.
        case closed
    }

    /// Takes what the script has printed, and finds its `check_keys` request in it.
    @discardableResult
    func drain(_ scratch: UnsafeMutableRawBufferPointer, limit: Int = readsAtOnce) -> (Reading, asked: KeyRequest?) {
        guard let output else { return (.closed, nil) }
        var asked: KeyRequest?
        for _ in 0..<limit {
            let count = read(output, scratch.baseAddress, scratch.count)
            if count > 0 {
                let part = UnsafeRawBufferPointer(rebasing: scratch[..<count])
                tail.append(part)
                if let request = requests?.append(part) {
                    asked = request
                    requests = nil
                }
            } else if count == 0 {
                return (.closed, asked)
            } else if errno != EINTR {
                return (.open, asked)
            }
        }
        return (.open, asked)
    }

    /// Gives the output's descriptor away.
    func takeOutput() -> Int32? {
        defer { output = nil }
        return output
    }

    // MARK: - Time limit and end

    /// When the next step against a run that takes too long is due, by the boot clock.
    var nextStep: Int64? { stage == .killed ? nil : stageEnds }

    /// Takes that step when it is due.
    func enforceLimit(now: Int64) {
        guard now >= stageEnds, isAlive else { return }
        switch stage {
        case .running:
            kill(-pid, SIGTERM)
            stage = .terminated
            stageEnds = now + Self.grace
        case .terminated:
            kill(-pid, SIGKILL)
            group?.kill()
            stage = .killed
        case .killed: break
        }
    }

    /// Ends a script at once that cannot be watched, and reaps it.
    func end(now: Int64) {
        guard isAlive else { return }
        kill(-pid, SIGKILL)
        group?.kill()
        while !isAdopted, reap(now: now) == nil { usleep(1000) }
    }

    /// Whether the group's number still is the script's.
    ///
    /// That of our own child is until we reap it; an adopted one is reaped by somebody else.
    private var isAlive: Bool {
        guard isAdopted else { return true }
        var descriptor = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }

    /// Reaps the process, whose pidfd has become readable: it has ended.
    ///
    /// Nil when it has not after all.
    func reap(now: Int64) -> RunResult? {
        // A group that was told to end shall not outlive its leader. Before that is reaped, the number of the group
        // cannot belong to anybody else.
        if stage != .running {
            if !isAdopted { kill(-pid, SIGKILL) }
            // Those too that have left for a group and session of their own.
            group?.kill()
        }
        var status: Int32 = -1
        var signal: Int32 = 0
        let reaped = edr_reap(pidfd, &status, &signal)
        guard reaped != 0 else { return nil }
        // A failure means that somebody else reaped our child: the end is certain, the status lost.
        let lost = reaped < 0
        return RunResult(
            exitStatus: lost || signal != 0 ? nil : status, signal: lost || signal == 0 ? nil : signal,
            durationMilliseconds: now - startedAt, output: tail.bytes,
            detail: stage != .running
                ? "killed after \(limit) s"
                : lost
                    ? "the daemon was restarted meanwhile; the exit status was not seen"
                    : signal != 0 ? "ended by signal \(signal)" : "",
            isLost: lost)
    }
}

/// A pipe whose ends are closed unless they are taken.
private final class Pipe {
    private(set) var reader: Int32
    private(set) var writer: Int32

    init() throws(StartFailure) {
        var ends: (reader: Int32, writer: Int32) = (-1, -1)
        guard edr_pipe(&ends.reader, &ends.writer) == 0 else {
            throw .failed("cannot be started: no pipe: \(String(cString: strerror(errno)))")
        }
        (reader, writer) = ends
    }

    deinit {
        if reader >= 0 { close(reader) }
        if writer >= 0 { close(writer) }
    }

    /// Makes the writing end one for reading too: its owner then counts as a reader, and is neither killed nor
    /// disturbed when the daemon ends before him.
    ///
    /// What he writes waits in the pipe for the daemon's next run.
    func keepOpenForItsWriter() {
        let both = open("/proc/self/fd/\(writer)", O_RDWR | O_CLOEXEC)
        guard both >= 0 else { return }
        close(writer)
        writer = both
    }

    /// The reading end, which is the caller's from now on.
    func takeReader(blocking: Bool) -> Int32 {
        defer { reader = -1 }
        if !blocking { _ = edr_set_nonblocking(reader) }
        return reader
    }

    /// The writing end, not blocking, which is the caller's from now on.
    func takeWriter() -> Int32 {
        defer { writer = -1 }
        _ = edr_set_nonblocking(writer)
        return writer
    }
}
