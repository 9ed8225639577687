import CSpawn
import Glibc

/// A script that outlived the run of the daemon which started it: the daemon was killed or restarted, and its service
/// manager leaves its children alone.
///
/// Its `delete` must not come before it has ended, and somebody has to hold it to its time limit. It is found by its
/// environment, which nobody but its own user can give a process: this daemon's, or the one that its order names. The
/// latter could pass a process of his off as the script; it would be waited for, and ended at the time limit.
struct Survivor {
    /// The leader of the script's session.
    let pid: pid_t
    /// Whoever takes the survivor over closes both.
    let pidfd: Int32
    /// The reading end of the pipe that its output is; nil when there is none any more.
    ///
    /// Opened when it is found: what it has printed is gone when it ends and nobody has the pipe.
    let output: Int32?
    let action: Run.Action
    /// In milliseconds of the boot clock.
    let startedAt: Int64

    /// Looks through all processes for the scripts of some dispatches.
    ///
    /// One that has not acted and only waits for an answer that cannot come is ended; so is one that brings back
    /// responses, which the daemon begins anew.
    ///
    /// - Parameter interrupted: the dispatches whose end is not known.
    static func find(
        _ interrupted: [DispatchID: ResponseTable.Interrupted], home: String
    ) -> [DispatchID: Survivor] {
        var survivors = look(for: interrupted.mapValues(Wanted.init), home: home)
        for (id, survivor) in survivors where survivor.action == .restore || interrupted[id]?.isUnanswered == true {
            if !hasEnded(survivor.pidfd) { kill(-survivor.pid, SIGKILL) }
            survivor.letGo()
            survivors[id] = nil
        }
        return survivors
    }

    /// What the script of a dispatch is known by.
    private struct Wanted {
        let executable: String
        /// Nil when its user does not exist any more.
        let owner: uid_t?

        init(_ interrupted: ResponseTable.Interrupted) {
            executable = interrupted.executable
            owner = interrupted.runAs.map(ScriptUser.id) ?? geteuid()
        }
    }

    private static func look(for scripts: [DispatchID: Wanted], home: String) -> [DispatchID: Survivor] {
        guard let folder = opendir("/proc") else { return [:] }
        defer { closedir(folder) }
        var survivors: [DispatchID: Survivor] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), getsid(pid) == pid, let (id, survivor) = look(at: pid, scripts, home)
            else { continue }
            // A background process with a session of its own bears the same marks, and is younger than the script.
            if let other = survivors[id] {
                let younger = survivor.startedAt < other.startedAt ? other : survivor
                younger.letGo()
                if younger.pid == survivor.pid { continue }
            }
            survivors[id] = survivor
        }
        return survivors
    }

    private static func look(
        at pid: pid_t, _ scripts: [DispatchID: Wanted], _ home: String
    ) -> (DispatchID, Survivor)? {
        // Opened first: everything that is read afterwards is about this process or fails.
        let pidfd = edr_pidfd_open(pid)
        guard pidfd >= 0 else { return nil }
        var isTaken = false
        defer { if !isTaken { close(pidfd) } }
        var status = stat()
        guard stat("/proc/\(pid)", &status) == 0,
            let environment = ProcFile.read("/proc/\(pid)/environ"),
            let command = ProcFile.read("/proc/\(pid)/cmdline"), let startedAt = startTime(of: pid)
        else { return nil }
        let words = environment.split(separator: "\0")
        func value(_ name: String) -> Substring? {
            words.first { $0.hasPrefix(name + "=") }?.dropFirst(name.utf8.count + 1)
        }
        guard value("EDR_HOME") == home[...],
            let id = value("EDR_DISPATCH_ID").flatMap({ DispatchID(hex: String($0)) }),
            let action = value("EDR_ACTION").flatMap({ Run.Action(rawValue: String($0)) }),
            // One that brings back runs as anybody, and is only ended.
            action == .restore || scripts[id].map({ $0.owner == status.st_uid }) == true,
            command.split(separator: "\0").contains(where: { word in
                scripts[id].map { word.hasSuffix("active-response/bin/" + $0.executable) }
                    ?? word.contains("/active-response/bin/")
            }),
            !hasEnded(pidfd)
        else { return nil }
        isTaken = true
        return (
            id, Survivor(pid: pid, pidfd: pidfd, output: openOutput(of: pid), action: action, startedAt: startedAt)
        )
    }

    /// Closes what was opened of one that nobody takes over.
    func letGo() {
        close(pidfd)
        if let output { close(output) }
    }

    private static func hasEnded(_ pidfd: Int32) -> Bool {
        var descriptor = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) != 0
    }

    /// Field 22 of `/proc/PID/stat`, in milliseconds since boot.
    private static func startTime(of pid: pid_t) -> Int64? {
        // The name before it, in parentheses, may hold anything.
        guard let text = ProcFile.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = Int64(fields[19]) else { return nil }
        return ticks * 1000 / Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    }

    /// The pipe that its standard output is, or its standard error: a shell that writes a file by itself has that for its
    /// output meanwhile.
    private static func openOutput(of pid: pid_t) -> Int32? {
        for number in 1...2 where isOurPipe(pid, number) {
            let descriptor = open("/proc/\(pid)/fd/\(number)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            if descriptor >= 0 { return descriptor }
        }
        return nil
    }

    /// Whether a descriptor still is what we gave it: a pipe that is readable and writable, which nobody else's is.
    private static func isOurPipe(_ pid: pid_t, _ number: Int) -> Bool {
        guard ProcFile.link("/proc/\(pid)/fd/\(number)")?.hasPrefix("pipe:") == true,
            let information = ProcFile.read("/proc/\(pid)/fdinfo/\(number)"),
            let flags = information.split(separator: "\n").first(where: { $0.hasPrefix("flags:") }),
            let value = Int32(flags.dropFirst(6).drop { $0 == "\t" || $0 == " " }, radix: 8)
        else { return false }
        return value & O_ACCMODE == O_RDWR
    }
}
