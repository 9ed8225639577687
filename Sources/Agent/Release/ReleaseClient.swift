import ActiveResponse
import Daemon
import Glibc
import Logging

/// `edr-agent --release`: has the agent of this home release the host, or does it itself where none runs.
struct ReleaseClient {
    let home: Home

    /// - Returns: the exit status.
    func run(print: (String) -> Void, printError: (String) -> Void) async -> Int32 {
        guard ReleaseRequester.own.isAllowed, geteuid() == 0 else {
            printError("edr-agent: only root may release this host")
            return ExitStatus.failed
        }
        do {
            let answer = try askAgent()
            let outcome = if let answer { answer } else { try await releaseHere() }
            for line in outcome.lines { outcome.isDone ? print(line) : printError("edr-agent: \(line)") }
            return outcome.isDone ? ExitStatus.done : ExitStatus.failed
        } catch {
            printError("edr-agent: \(error)")
            return ExitStatus.failed
        }
    }

    /// Asks the agent that runs; nil when none does.
    private func askAgent() throws -> LocalRelease.Outcome? {
        let path = home.agentSocket
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw DaemonError("cannot make a socket", errno: errno) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count <= Home.longestSocketPath else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { return nil }
        let request = ReleaseService.request + "\n"
        guard write(descriptor, request, request.utf8.count) == request.utf8.count else {
            throw DaemonError("the agent does not listen", errno: errno)
        }
        var lines = Self.readAll(descriptor).split(separator: "\n").map(String.init)
        guard let first = lines.first else {
            throw DaemonError("the agent ended before it answered; see logs/edr-agent.log and try again")
        }
        lines.removeFirst()
        return LocalRelease.Outcome(lines: lines, isDone: first == ReleaseService.done)
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    /// Undoes with the journal of this home; it is locked, so that no agent starts meanwhile.
    private func releaseHere() async throws -> LocalRelease.Outcome {
        try home.createFolders()
        let log = try DaemonLog(path: home.logs + "/edr-agent.log")
        let logger = log.logger(label: "agent")
        let watch = ReleaseWatch()
        var settings = ResponseExecutor.Configuration(home: home.path)
        settings.onlyUndoes = true
        settings.keepsAuditLog = true
        let executor = try ResponseExecutor(configuration: settings, logger: logger) { $0.forEach(watch.note) }
        try executor.start()
        let outcome = await LocalRelease(executor: executor, watch: watch, logger: logger)
            .perform(for: .own)
        await executor.stop()
        return outcome
    }
}
