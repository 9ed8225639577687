import CSpawn
import Glibc

/// Tells whether a process, or one below it, is blocked in read(2) on a pipe.
enum BlockedReader {
    /// More processes than this are not looked through.
    private static let maximumProcesses = 64

    /// - Parameters:
    ///   - process: the process to begin with; its descendants are looked through too.
    ///   - pipe: a descriptor of ours for either end of the pipe.
    /// - Returns: false also when the system does not show it (no permission, a kernel without these files).
    static func exists(under process: pid_t, pipe: Int32) -> Bool {
        var status = stat()
        guard fstat(pipe, &status) == 0 else { return false }
        let name = "pipe:[\(status.st_ino)]"
        var rest = [process]
        var seen = 0
        while let next = rest.popLast(), seen < maximumProcesses {
            seen += 1
            if isReading(next, name) { return true }
            rest += ProcFile.children(ofProcess: next)
        }
        return false
    }

    /// `/proc/PID/syscall` begins with the number of the call and its first argument: `0 0x3 …`.
    private static func isReading(_ process: pid_t, _ name: String) -> Bool {
        guard let text = ProcFile.read("/proc/\(process)/syscall") else { return false }
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count > 1, let call = Int64(words[0]), edr_is_read_call(call) != 0, words[1].hasPrefix("0x"),
            let descriptor = Int(words[1].dropFirst(2), radix: 16)
        else { return false }
        return ProcFile.link("/proc/\(process)/fd/\(descriptor)") == name
    }
}

/// Small files of /proc.
enum ProcFile {
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// The children of all threads of a process.
    static func children(ofProcess process: pid_t) -> [pid_t] {
        guard let folder = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(folder) }
        var children: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard pid_t(name) != nil, let text = read("/proc/\(process)/task/\(name)/children") else { continue }
            children += text.split(separator: " ").compactMap { pid_t($0) }
        }
        return children
    }
}
