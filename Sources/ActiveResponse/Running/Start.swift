import CSpawn
import Glibc

/// Everything that the start of a script needs.
struct Start {
    let invocation: ScriptInvocation
    /// Loses its group when the kernel does not start anything in that.
    private(set) var confinement: Confinement
    let home: String
    /// Becomes standard input.
    let input: Int32
    /// Becomes standard output and standard error.
    let output: Int32

    init(invocation: ScriptInvocation, confinement: Confinement, home: String, input: Int32, output: Int32) {
        self.invocation = invocation
        self.confinement = confinement
        self.home = home
        self.input = input
        self.output = output
    }

    /// Starts the script.
    ///
    /// - Returns: 0 with the process and a descriptor for it, or the errno of what failed; a negative one when the script
    ///   had begun.
    mutating func perform(_ pid: inout pid_t, _ pidfd: inout Int32) -> Int32 {
        let program = confinement.program?.descriptor ?? -1
        var error = spawn(invocation.path, invocation.arguments, program: program, &pid, &pidfd)
        if error > 0, error != ENOEXEC, error != ETXTBSY, confinement.group != nil {
            // Whatever it was: the next attempt fails by it too unless it was the group.
            confinement.group = nil
            error = spawn(invocation.path, invocation.arguments, program: program, &pid, &pidfd)
        }
        // A text without #! is for the shell, as with execvp(3), which the peers use.
        guard error == ENOEXEC, isText else { return error }
        let arguments = ["/bin/sh", invocation.path] + invocation.arguments.dropFirst()
        return spawn("/bin/sh", arguments, program: -1, &pid, &pidfd)
    }

    /// Whether the first line of the file holds no NUL: a program for another machine is not given to the shell.
    private var isText: Bool {
        let path = invocation.path
        let file = open(path.hasPrefix("/") ? path : home + "/" + path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 256)
        let count = read(file, &head, head.count)
        return count > 0 && !head[..<count].prefix { $0 != 0x0A }.contains(0)
    }

    private func spawn(
        _ path: String, _ arguments: [String], program: Int32, _ pid: inout pid_t, _ pidfd: inout Int32
    ) -> Int32 {
        let arguments = CStringArray(arguments)
        let environment = CStringArray(invocation.environment)
        return withExtendedLifetime((arguments, environment, confinement)) {
            path.withCString { path in
                home.withCString { directory in
                    withUser { user in
                        var request = edr_spawn_request(
                            path: path, arguments: arguments.pointers, environment: environment.pointers,
                            directory: directory, input: input, output: output, program: program,
                            group: confinement.group?.descriptor ?? -1, user: user,
                            memory: confinement.group?.limitsMemory == true ? 0 : confinement.memory,
                            file_size: confinement.fileSize, processes: userProcesses)
                        return edr_spawn(&request, &pid, &pidfd)
                    }
                }
            }
        }
    }

    /// The limit for the user where the group has none; root is not held to it by the kernel.
    private var userProcesses: UInt64 {
        confinement.user == nil || confinement.group?.limitsProcesses == true ? 0 : confinement.processes
    }

    private func withUser(_ body: (UnsafePointer<edr_spawn_user>?) -> Int32) -> Int32 {
        guard let user = confinement.user else { return body(nil) }
        return user.groups.withUnsafeBufferPointer { groups in
            var user = edr_spawn_user(
                uid: user.uid, gid: user.gid, groups: groups.baseAddress, group_count: Int32(groups.count))
            return withUnsafePointer(to: &user) { body($0) }
        }
    }
}

/// An array of C strings ended by NULL, as exec wants it.
private final class CStringArray {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
