import Foundation

/// Runs programs as a daemon does: with clean signals, and with nothing of ours open in them.
///
/// Foundation's `Process` hands on the blocked signals of whatever thread it was called on (a `timeout` in a script
/// then never ends), takes 50 ms a run, and has crashed here when many descriptors were open.
package enum ShellCommand {
    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: what it reads; nothing by default.
    ///   - environment: what is added to or put over the environment of the tests.
    /// - Returns: the exit status, or 128 + the signal that ended it, and everything that it wrote.
    package static func run(
        _ program: String, _ arguments: [String] = [], input: String = "", environment: [String: String] = [:]
    ) throws -> CommandResult {
        // Files instead of pipes: a program that leaves a child behind keeps no reader waiting.
        let files = try [input, "", ""].map(temporaryFile)
        defer { for file in files { close(file) } }
        let pid = try start(program, arguments, descriptors: files, environment: environment)
        return CommandResult(
            status: wait(for: pid), output: try contents(of: files[1]), errors: try contents(of: files[2]))
    }

    /// Waits for the end of a program; its exit status, or 128 + the signal that ended it.
    static func wait(for pid: Int32) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    /// Starts a program; the caller has to wait for its end with `waitpid`.
    ///
    /// - Parameter descriptors: what it gets as standard input, output and so on.
    /// - Returns: the process id.
    package static func start(
        _ program: String, _ arguments: [String] = [], descriptors: [Int32], environment: [String: String] = [:]
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables =
            ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
        guard error == 0 else { throw NotSeen("\(program) does not start: \(String(cString: strerror(error)))") }
        return pid
    }

    /// A file without a name that holds `text`, to be read from its beginning.
    private static func temporaryFile(_ text: String) throws -> Int32 {
        var template = Array("/tmp/edr-command-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw NotSeen("no temporary file: \(errno)") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(text.utf8))
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    private static func contents(of file: Int32) throws -> String {
        lseek(file, 0, SEEK_SET)
        let data = try FileHandle(fileDescriptor: file, closeOnDealloc: false).readToEnd()
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
