package import Foundation
import Synchronization

/// One of our programs, running for real, whose log lines can be awaited.
package final class DaemonProcess: Sendable {
    /// The folder of the built programs: the one in which the test bundle lies.
    package static let binaries: String = {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: executable).deletingLastPathComponent().path
    }()

    package let pid: pid_t
    private let log: AwaitableLines
    private let exitBox: ExitBox

    /// What starts a program as a user without any privilege.
    package static let asNobody = [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
    ]

    /// Starts `name` with these arguments; its standard error is collected line by line.
    ///
    /// - Parameter launcher: a program and its arguments that starts it; none for starting it directly.
    package init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], launcher: [String] = []
    ) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NotSeen("no pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (reading, writing) = (ends[0], ends[1])
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(null)
            close(writing)
        }
        let command = launcher + [Self.binaries + "/" + name] + arguments
        let program = command[0].hasPrefix("/") ? command[0] : "/usr/bin/" + command[0]
        let pid = try ShellCommand.start(
            program, Array(command.dropFirst()), descriptors: [null, null, writing], environment: environment)
        let log = AwaitableLines()
        let exit = ExitBox()
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(reading, &buffer, buffer.count)
                guard count > 0 else { break }
                log.append(Data(buffer[..<count]))
            }
            close(reading)
            log.finish()
        }
        Thread.detachNewThread { exit.finish(ShellCommand.wait(for: pid)) }
        self.pid = pid
        self.log = log
        exitBox = exit
    }

    /// Waits for a log line that holds all of these texts, past or future.
    ///
    /// - Throws: when the program ended, or `seconds` passed, without one; with the log so far.
    @discardableResult
    package func line(containing parts: String..., within seconds: Int = 90) async throws -> String {
        try await log.first(within: seconds) { line in parts.allSatisfy(line.contains) }
    }

    /// All lines so far.
    package var lines: [String] { log.all }

    package func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Ends the program as an administrator would, and waits for it.
    @discardableResult
    package func stop() async -> Int32 {
        kill(pid, SIGTERM)
        return await exitBox.status()
    }

    /// Ends the program as a crash would, and waits for it.
    @discardableResult
    package func crash() async -> Int32 {
        kill(pid, SIGKILL)
        return await exitBox.status()
    }

    /// Waits for the end of the program; the exit status, or 128 + the signal.
    package func status() async -> Int32 {
        await exitBox.status()
    }

    deinit {
        if exitBox.current == nil { kill(pid, SIGKILL) }
    }
}

/// The exit status of a process, which any number of tasks may await.
private final class ExitBox: Sendable {
    private let state = Mutex<(status: Int32?, waiters: [CheckedContinuation<Int32, Never>])>((nil, []))

    var current: Int32? { state.withLock { $0.status } }

    func finish(_ status: Int32) {
        let waiters = state.withLock { state in
            state.status = status
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known: Int32? = state.withLock { state in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
