import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// `run/agent.sock`, by which `edr-agent --release` speaks to the agent that runs.
@Suite struct `The socket for a release` {
    /// A connection that says nothing until it is closed.
    private func connectSilently(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, status == 0 else { throw NotSeen("cannot connect: \(errno)") }
        return descriptor
    }

    /// Waits on a thread of its own, until something can be read or the other end is closed.
    private func isReadable(_ descriptor: Int32, within seconds: Int32) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                continuation.resume(returning: poll(&waiting, 1, seconds * 1000) == 1)
            }
        }
    }

    @Test func `serves one beside others that say nothing, and lets these go`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        let silent = try (0..<5).map { _ in try connectSilently(to: home.path + "/run/agent.sock") }
        defer { for descriptor in silent { close(descriptor) } }
        let released = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-agent", ["--home", home.path, "--release"])
        #expect(released.status == 0 && released.output.contains("nothing that cuts this host off"), "\(released)")
        // After ten seconds its end of the connection is closed.
        #expect(await isReadable(silent[0], within: 60))
        var byte: UInt8 = 0
        #expect(read(silent[0], &byte, 1) == 0)
        let late = try (0..<5).map { _ in try connectSilently(to: home.path + "/run/agent.sock") }
        defer { for descriptor in late { close(descriptor) } }
        #expect(await agent.stop() == 0)
        await manager.stop()
    }

    @Test func `lets the agent stop well while others come in`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        for _ in 0..<5 {
            let agent = try await fleet.startAgent(home)
            let isOver = Atomic<Bool>(false)
            // Each in a process' life comes at another moment of its end.
            async let visitors: Void = visit(home.path + "/run/agent.sock", until: isOver)
            #expect(await agent.stop() == 0)
            isOver.store(true, ordering: .relaxed)
            await visitors
        }
        await manager.stop()
    }

    /// Connects again and again, and leaves the connections open.
    private func visit(_ path: String, until isOver: borrowing Atomic<Bool>) async {
        var open: [Int32] = []
        while !isOver.load(ordering: .relaxed) {
            if open.count < 500, let descriptor = try? connectSilently(to: path) { open.append(descriptor) }
            await Task.yield()
        }
        for descriptor in open { close(descriptor) }
    }
}
