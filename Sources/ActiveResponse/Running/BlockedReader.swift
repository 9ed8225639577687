import CSpawn
import Glibc

/// Tells what a process, or one below it, waits for.
enum BlockedReader {
    /// What was seen.
    enum Sight {
        /// Somebody is blocked in read(2) on the pipe.
        case reading
        /// Somebody waits for descriptors (poll, select, epoll), the pipe perhaps among them; or the system does not
        /// show what they do.
        case perhaps
        /// Everybody is busy with something else.
        case busy
    }

    /// More processes than this are not looked through.
    private static let maximumProcesses = 64

    /// - Parameters:
    ///   - process: the process to begin with; its descendants are looked through too.
    ///   - pipe: a descriptor of ours for either end of the pipe.
    static func look(under process: pid_t, pipe: Int32) -> Sight {
        var status = stat()
        guard fstat(pipe, &status) == 0 else { return .perhaps }
        let name = "pipe:[\(status.st_ino)]"
        var rest = [process]
        var seen = 0
        var best = Sight.busy
        while let next = rest.popLast(), seen < maximumProcesses {
            seen += 1
            switch look(at: next, name) {
            case .reading: return .reading
            case .perhaps: best = .perhaps
            case .busy: break
            }
            rest += ProcFile.children(ofProcess: next)
        }
        return best
    }

    /// `/proc/PID/syscall` begins with the number of the call and its first argument (`0 0x3 …`), or is `running`.
    private static func look(at process: pid_t, _ name: String) -> Sight {
        guard let text = ProcFile.read("/proc/\(process)/syscall") else { return .perhaps }
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count > 1, let call = Int64(words[0]) else { return .busy }
        if edr_is_waiting_call(call) != 0 { return .perhaps }
        guard edr_is_read_call(call) != 0, words[1].hasPrefix("0x"),
            let descriptor = Int(words[1].dropFirst(2), radix: 16)
        else { return .busy }
        return ProcFile.link("/proc/\(process)/fd/\(descriptor)") == name ? .reading : .busy
    }
}
