import Glibc

/// The control group (cgroup v2) of one run: everything that the script starts is in it, whatever session it moves to.
final class RunGroup {
    let path: String
    /// A descriptor of its folder, for the start.
    let descriptor: Int32
    /// Whether the kernel holds the whole group to the memory that was asked for.
    private(set) var limitsMemory = false
    /// Whether it holds the whole group to the number of processes that was asked for.
    private(set) var limitsProcesses = false

    /// Opens the group's folder; nil when that cannot be done.
    init?(path: String) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        self.path = path
    }

    deinit { close(descriptor) }

    /// Sets limits as far as the group has the controllers for them; 0 for no limit.
    func limit(memory: UInt64, processes: UInt64) {
        if memory > 0 { limitsMemory = write("\(memory)", to: "memory.max") }
        if processes > 0 { limitsProcesses = write("\(processes)", to: "pids.max") }
    }

    /// Kills everything in the group (Linux 5.14 and later).
    func kill() {
        _ = write("1", to: "cgroup.kill")
    }

    /// Removes the group; false while something in it lives.
    func remove() -> Bool {
        rmdir(path) == 0 || errno == ENOENT
    }

    private func write(_ text: String, to name: String) -> Bool {
        ControlGroups.write(text, to: path + "/" + name)
    }
}
