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

    /// Starts `name` with these arguments; its standard error is collected line by line.
    package init(_ name: String, _ arguments: [String], environment: [String: String] = [:], in namespace: String? = nil)
        throws
    {
        let process = Process()
        let program = Self.binaries + "/" + name
        if let namespace {
            process.executableURL = URL(fileURLWithPath: "/usr/sbin/ip")
            process.arguments = ["netns", "exec", namespace, program] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        let log = AwaitableLines()
        self.log = log
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                log.finish()
            } else {
                log.append(data)
            }
        }
        let exit = ExitBox()
        self.exitBox = exit
        process.terminationHandler = { process in
            exit.finish(process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus)
        }
        try process.run()
        pid = process.processIdentifier
    }

    private let exitBox: ExitBox

    /// Waits for a log line that holds all of these texts, past or future.
    ///
    /// - Throws: when the program ended, or `seconds` passed, without one; with the log so far.
    @discardableResult
    package func line(containing parts: String..., within seconds: Int = 30) async throws -> String {
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
