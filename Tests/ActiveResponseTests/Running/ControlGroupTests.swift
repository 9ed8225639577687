@testable import ActiveResponse
import Foundation
import TestSupport
import Testing

/// Runs in control groups of their own, in a group that the test makes.
@Suite(.timeLimit(.minutes(5)))
struct ControlGroupTests {
    /// A real group, removed with the last reference to it.
    private final class Group: Sendable {
        let path: String

        /// Nil where the test may not make one, or the kernel is older than 5.14.
        init?() {
            for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
                let path = "\(mount)/edr-test-\(UUID().uuidString)"
                guard access(mount + "/cgroup.procs", F_OK) == 0, mkdir(path, 0o755) == 0 else { continue }
                if access(path + "/cgroup.kill", F_OK) == 0 {
                    self.path = path
                    return
                }
                rmdir(path)
            }
            return nil
        }

        deinit {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                rmdir(path + "/" + name)
            }
            rmdir(path)
        }

        /// The groups of runs in it.
        var runs: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix("edr-run-") }
        }
    }

    /// Waits for the end of a process in a session of its own, and reaps it: the executor in a test leaves it to us.
    private func waitForAdopted(_ pid: pid_t) async {
        while kill(pid, 0) == 0, !Task.isCancelled {
            waitpid(pid, nil, WNOHANG)
            await Task.yield()
        }
    }

    private static var isPossible: Bool { Group() != nil }

    @Test(.enabled(if: isPossible, "needs cgroup v2 and the right to make groups"))
    func `a script is in its group from the start, which is removed with its end`() async throws {
        let group = try #require(Group())
        let machine = try TestExecutor { $0.controlGroup = group.path }
        let event = try await machine.run("#!/bin/sh\ngrep ^0:: /proc/self/cgroup\n", order(1))
        #expect(event.text.hasSuffix("/\(group.path.split(separator: "/").last ?? "")/edr-run-\(dispatch(1))-add\n"))
        #expect(group.runs == [])
        try machine.home.addScript("block", "#!/bin/sh\nexit 3\n")
        for number in 2...50 as ClosedRange<UInt8> {
            machine.executor.submit(order(number, address: "203.0.113.\(number)"))
        }
        for number in 2...50 as ClosedRange<UInt8> {
            #expect(await machine.recorder.end(of: dispatch(number)).exitStatus == 3)
        }
        #expect(group.runs == [])
    }

    @Test(.enabled(if: isPossible, "needs cgroup v2 and the right to make groups"))
    func `a daemon that a script made does not survive the end of its time`() async throws {
        let group = try #require(Group())
        let machine = try TestExecutor { $0.controlGroup = group.path }
        let event = try await machine.run(
            """
            #!/bin/sh
            setsid sh -c 'trap "" TERM; echo $$ > $EDR_HOME/daemon; while :; do sleep 600; done' &
            sleep 600
            """, order(1, execTimeout: 1))
        #expect(event.detail == "killed after 1 s")
        let pid = try #require(pid_t(machine.home.text(of: "daemon")?.split(separator: "\n").first ?? ""))
        await waitForAdopted(pid)
    }

    @Test(.enabled(if: isPossible, "needs cgroup v2 and the right to make groups"))
    func `what a script leaves behind lives on, and its group goes after it`() async throws {
        let group = try #require(Group())
        let machine = try TestExecutor { $0.controlGroup = group.path }
        let event = try await machine.run(
            """
            #!/bin/sh
            setsid sh -c 'echo $$ > $EDR_HOME/daemon; until test -e $EDR_HOME/go; do sleep 0.05; done' &
            until test -s $EDR_HOME/daemon; do sleep 0.05; done
            """, order(1))
        #expect(event.exitStatus == 0)
        #expect(group.runs.count == 1)
        let pid = try #require(pid_t(machine.home.text(of: "daemon")?.split(separator: "\n").first ?? ""))
        try machine.home.write("", to: "go")
        await waitForAdopted(pid)
        _ = try await machine.run("#!/bin/sh\n", order(2))
        #expect(group.runs == [])
    }

    @Test(.enabled(if: isPossible, "needs cgroup v2 and the right to make groups"))
    func `a file that cannot be executed fails with its own reason`() async throws {
        let group = try #require(Group())
        let machine = try TestExecutor { $0.controlGroup = group.path }
        let event = try await machine.run("#!/no/such/interpreter\n", order(1))
        #expect(event.detail.contains("is the interpreter in its first line installed?"))
        #expect(group.runs == [])
    }

    @Test func `where the kernel refuses the group a script runs without`() async throws {
        let folder = try TemporaryHome()
        let machine = try TestExecutor { $0.controlGroup = folder.path + "/run" }
        #expect(try await machine.run("#!/bin/sh\necho here\n", order(1)).text == "here\n")
        let missing = try TestExecutor { $0.controlGroup = "/no/such/folder" }
        #expect(try await missing.run("#!/bin/sh\necho here\n", order(1)).text == "here\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == [])
    }

    @Test func `limits are written where the group has the controllers`() throws {
        let folder = try TemporaryHome()
        let group = try #require(RunGroup(path: folder.path + "/run"))
        group.limit(memory: 1 << 20, processes: 5)
        #expect(!group.limitsMemory && !group.limitsProcesses)
        for name in ["memory.max", "pids.max"] { try folder.write("", to: "run/" + name) }
        group.limit(memory: 1 << 20, processes: 5)
        #expect(group.limitsMemory && group.limitsProcesses)
        #expect(folder.text(of: "run/memory.max") == "1048576")
        #expect(folder.text(of: "run/pids.max") == "5")
    }

    @Test func `the daemon's own group counts when it was handed to it, or the one above`() {
        func found(_ membership: String) -> String? {
            ControlGroups.delegated(membership: membership, mounts: ["/one", "/two"]) { folder in
                ["/two/s/edr.service", "/two", "/two/"].contains(folder)
            }
        }
        #expect(found("4:memory:/x\n0::/s/edr.service\n") == "/two/s/edr.service")
        #expect(found("0::/s/edr.service/daemon\n") == "/two/s/edr.service")
        for other in [
            "0::/s/edr.service/a/b\n", "0::/s/other.service\n", "0::/s/edr.service/../x\n", "0::/\n", "0::/s\n", "",
            "4:memory:/s/edr.service\n",
        ] {
            #expect(found(other) == nil, "\(other)")
        }
        // A folder of another file system bears no mark.
        #expect(ControlGroups.delegated(membership: "0::/x/y\n", mounts: ["/tmp"]) == nil)
    }
}
