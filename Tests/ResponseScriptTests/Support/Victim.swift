import Foundation
import TestSupport

/// A process that is there to be killed.
///
/// It is a child of the test, so that its id stays taken until the test lets go.
final class Victim: Sendable {
    private let process: pid_t
    private let output: Int32

    /// Starts a program.
    init(_ program: String = "/bin/sleep", _ arguments: [String] = ["1000"]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NotSeen("no pipe: \(errno)") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        output = ends[0]
        do {
            process = try ShellCommand.start(program, arguments, descriptors: [nothing, ends[1]])
        } catch {
            close(ends[0])
            throw error
        }
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        close(output)
    }

    var pid: String { String(process) }

    var isAlive: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
    }

    /// Waits for the end and gives the process id back to the system; the signal that ended it, nil for none.
    func endingSignal() -> Int32? {
        var status: Int32 = 0
        guard waitpid(process, &status, 0) == process else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? nil : signal
    }

    /// The first line that it prints.
    @discardableResult
    func awaitOutput() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = max(0, read(output, &buffer, buffer.count))
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        guard text.hasSuffix("\n") else { throw NotSeen("the process said \"\(text)\"") }
        return String(text.dropLast())
    }
}
