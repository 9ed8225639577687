import ActiveResponse
import Foundation
import TestSupport
import Testing

/// How runs end, with real scripts.
@Suite(.timeLimit(.minutes(5))) struct ScriptRunTests {
    @Test(arguments: [0, 1, 42, 255] as [Int32])
    func `the exit status is reported`(status: Int32) async throws {
        let machine = try TestExecutor()
        let event = try await machine.run("#!/bin/sh\necho out\necho err >&2\nexit \(status)\n", order(1))
        #expect(event.kind == .finished)
        #expect(event.exitStatus == status)
        #expect(event.text == "out\nerr\n")
        #expect(machine.recorder.kinds(dispatch(1)) == [.received, .started, .finished])
    }

    @Test func `a script that kills itself is failed with the signal`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run("#!/bin/sh\nkill -9 $$\n", order(1))
        #expect(event.kind == .failed)
        #expect(event.signal == 9)
        #expect(event.exitStatus == nil)
    }

    @Test func `of ten megabytes of output the end is kept`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            "#!/bin/sh\nhead -c 10000000 /dev/zero | tr '\\0' x\necho the end\n", order(1))
        #expect(event.exitStatus == 0)
        #expect(event.output.count == 65_536)
        #expect(event.text.hasSuffix("xthe end\n"))
    }

    @Test func `a hanging script is killed with everything that it started`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            """
            #!/bin/bash
            trap '' TERM
            sh -c 'echo $$ > $EDR_HOME/child; sleep 600' &
            ( trap '' TERM; echo $BASHPID > $EDR_HOME/deaf; while :; do sleep 600; done ) &
            echo working
            trap - TERM
            wait
            """, order(1, execTimeout: 1))
        #expect(event.kind == .failed)
        #expect(event.signal == SIGTERM)
        #expect(event.detail == "killed after 1 s")
        #expect(event.text == "working\n")
        for name in ["child", "deaf"] {
            let pid = try #require(pid_t(machine.home.text(of: name)?.split(separator: "\n").first ?? ""))
            await waitForEnd(of: pid)
        }
    }

    @Test func `a script that is deaf to SIGTERM is killed after five seconds more`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", order(1, timeout: 600, execTimeout: 1))
        #expect(event.kind == .active)
        #expect(event.signal == SIGKILL)
        #expect((event.durationMilliseconds ?? 0) >= 6000)
    }

    @Test func `a script that takes its time limit for its end is failed all the same`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            "#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 0.1; done\n", order(1, execTimeout: 1))
        #expect(event.kind == .failed)
        #expect(event.exitStatus == 0)
        #expect(event.detail == "killed after 1 s")
    }

    @Test func `a background process neither delays the result nor dies of it`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            """
            #!/bin/sh
            ( while ! test -e $EDR_HOME/go; do sleep 0.05; done
              echo late output; echo survived > $EDR_HOME/proof.new && mv $EDR_HOME/proof.new $EDR_HOME/proof ) &
            echo started
            """, order(1))
        #expect(event.exitStatus == 0)
        #expect(event.text == "started\n")
        try machine.home.write("", to: "go")
        while machine.home.text(of: "proof") == nil, !Task.isCancelled { await Task.yield() }
        #expect(machine.home.text(of: "proof") == "survived\n")
    }

    @Test func `what a script leaves behind is reaped`() async throws {
        let machine = try TestExecutor()
        _ = try await machine.run(
            """
            #!/bin/sh
            ( echo $(exec sh -c 'echo $PPID') > $EDR_HOME/pid; sleep 0.2 ) &
            sleep 0.1
            """, order(1))
        let pid = try #require(pid_t(machine.home.text(of: "pid")?.split(separator: "\n").first ?? ""))
        await waitForEnd(of: pid)
    }

    @Test func `two hundred at once all run, and each once`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", "#!/bin/sh\necho $3 >> $EDR_HOME/seen\nsleep 0.05\n")
        let orders = (0..<200).map { order(UInt8($0), address: "203.0.113.\($0)") }
        for order in orders { machine.executor.submit(order) }
        for order in orders { #expect(await machine.recorder.end(of: order.id).exitStatus == 0) }
        let seen = machine.home.text(of: "seen")?.split(separator: "\n").map(String.init) ?? []
        #expect(seen.sorted() == orders.compactMap(\.sourceAddress).sorted())
        let log = machine.home.text(of: "logs/active-responses.log")?.split(separator: "\n") ?? []
        #expect(log.count == 200)
    }

    @Test func `what the system cannot start is failed with its reason`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run("#!/no/such/interpreter\n", order(1, timeout: 600))
        #expect(event.kind == .failed)
        #expect(event.detail.hasPrefix("cannot be started: No such file or directory"))
        #expect(machine.recorder.kinds(dispatch(1)) == [.received, .failed])
        #expect(await machine.executor.active().isEmpty)
    }
}
