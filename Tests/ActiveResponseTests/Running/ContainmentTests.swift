import ActiveResponse
import Foundation
import TestSupport
import Testing

/// Scripts that run as another user or within limits.
@Suite(.timeLimit(.minutes(5)), .enabled(if: geteuid() == 0, "only root can run scripts as somebody else"))
struct ContainmentTests {
    private let machine: TestExecutor

    init() throws {
        machine = try TestExecutor()
    }

    private func run(_ text: String, _ containment: Containment, timeout: Int64 = 0) async throws -> ResponseEvent {
        var order = order(1, timeout: timeout)
        order.containment = containment
        return try await machine.run(text, order)
    }

    @Test func `a script runs as the user, with his groups and no way back`() async throws {
        let event = try await run(
            """
            #!/bin/sh
            grep -E '^(Uid|Gid|Groups|NoNewPrivs|CapEff|CapPrm|CapAmb):' /proc/self/status
            cd; echo "$(pwd) ${HOME-no home} ${USER-no user} $LANG"
            echo to the device > /dev/stderr; cat /dev/stdin | head -c 1
            """, Containment(runAs: "nobody"))
        #expect(event.exitStatus == 0, "\(event)")
        let entry = try #require(getpwnam("nobody"))
        let (uid, gid) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        #expect(
            event.text == """
                Uid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)
                Gid:\t\(gid)\t\(gid)\t\(gid)\t\(gid)
                Groups:\t\(gid)\u{20}
                CapPrm:\t0000000000000000
                CapEff:\t0000000000000000
                CapAmb:\t0000000000000000
                NoNewPrivs:\t1
                \(machine.home.path) no home no user C
                to the device
                {
                """)
    }

    @Test func `without the option nothing changes`() async throws {
        let event = try await run(
            "#!/bin/sh\ngrep -E '^(Uid|NoNewPrivs):' /proc/self/status\nulimit -v -f -n -c\n", Containment())
        #expect(event.text.hasPrefix("Uid:\t0\t0\t0\t0\nNoNewPrivs:\t0\n"))
    }

    @Test func `a user that does not exist is a reason to refuse`() async throws {
        let event = try await run("#!/bin/sh\n", Containment(runAs: "nobody-at-all"))
        #expect(event.kind == .refused)
        #expect(event.detail == "the command is to run as \"nobody-at-all\", and there is no such user")
    }

    @Test func `a script that its user cannot reach says so`() async throws {
        chmod(machine.home.path + "/active-response", 0o700)
        let event = try await run("#!/bin/sh\n", Containment(runAs: "nobody"))
        #expect(
            event.detail.hasSuffix(
                "Permission denied (may the user of run_as read it, and enter the folders down to it?)"))
    }

    @Test func `a script of another user is ended at its time limit`() async throws {
        var order = order(1, execTimeout: 1)
        order.containment.runAs = "nobody"
        let event = try await machine.run("#!/bin/sh\nsleep 600\n", order)
        #expect(event.detail == "killed after 1 s")
    }

    @Test func `a script of another user that outlives its daemon is found again and held to its limit`() async throws {
        let machine = try TestExecutor { $0.stopPatience = .zero }
        let shared = machine.home.path + "/shared"
        #expect(mkdir(shared, 0o777) == 0 && chmod(shared, 0o777) == 0)
        try machine.home.addScript("block", "#!/bin/sh\necho $$ > $EDR_HOME/shared/running\nsleep 600\n")
        var order = order(1, execTimeout: 2)
        order.containment.runAs = "nobody"
        machine.executor.submit(order)
        while machine.home.text(of: "shared/running")?.hasSuffix("\n") != true, !Task.isCancelled { await Task.yield() }
        await machine.executor.stop()
        let next = try TestExecutor(home: machine.home, recorder: machine.recorder)
        #expect(await next.recorder.end(of: dispatch(1)).detail == "killed after 2 s")
    }

    @Test func `memory is limited`() async throws {
        let script = "#!/bin/sh\nulimit -v\nhead -c 100M /dev/zero | tail -c 100M | wc -c\n"
        let event = try await run(script, Containment(memory: 64 << 20))
        #expect(event.text.hasPrefix("65536\n"))
        #expect(!event.text.hasSuffix("104857600\n"))
    }

    @Test func `no file may be larger than the limit`() async throws {
        let event = try await run(
            "#!/bin/sh\nhead -c 2000000 /dev/zero > $EDR_HOME/large\nstat -c %s $EDR_HOME/large\n",
            Containment(fileSize: 1 << 20))
        #expect(event.text.hasSuffix("1048576\n"))
    }

    @Test func `processes are limited for another user`() async throws {
        let event = try await run(
            "#!/bin/sh\nulimit -p 2>/dev/null || grep processes /proc/self/limits\n",
            Containment(runAs: "nobody", processes: 500))
        #expect(event.text.contains("500"))
    }
}
