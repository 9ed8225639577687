import ActiveResponse
import Foundation
import Testing
import TestSupport

/// The whole executor: journal, scripts, undos and log together, across stops and crashes.
@Suite(.timeLimit(.minutes(5))) struct ResponseExecutorTests {
    private static let record = "#!/bin/sh\necho $1 $3 >> $EDR_HOME/seen\n"

    /// A home with what a crash at this very moment would leave: the journal as it is in the file now.
    private func crashCopy(of home: TemporaryHome, script: String) throws -> TemporaryHome {
        let copy = try TemporaryHome()
        try copy.write(try #require(home.bytes(of: "var/journal")), to: "var/journal")
        try copy.addScript("block", script)
        return copy
    }

    private func seen(_ home: TemporaryHome) -> [String] {
        home.text(of: "seen")?.split(separator: "\n").map(String.init) ?? []
    }

    @Test func `a crash while a stateless script runs leaves it unknown and never repeats it`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", TestExecutor.hanging)
        machine.executor.submit(order(1))
        _ = await machine.recorder.first(.started, dispatch(1))
        let next = try TestExecutor(home: try crashCopy(of: machine.home, script: Self.record))
        _ = await next.recorder.first(.unknown, dispatch(1))
        next.executor.submit(order(1))
        next.executor.submit(order(2))
        _ = await next.recorder.end(of: dispatch(2))
        #expect(seen(next.home) == ["add 203.0.113.7"])
        #expect(next.recorder.kinds(dispatch(1)) == [.unknown, .received])
    }

    @Test func `a crash while a stateful script runs leaves it active until its undo`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", TestExecutor.hanging)
        machine.executor.submit(order(1, timeout: 1))
        _ = await machine.recorder.first(.started, dispatch(1))
        let next = try TestExecutor(home: try crashCopy(of: machine.home, script: Self.record))
        _ = await next.recorder.first(.undone, dispatch(1))
        #expect(next.recorder.kinds(dispatch(1)) == [.active, .undoing, .undone])
        #expect(seen(next.home) == ["delete 203.0.113.7"])
    }

    @Test func `the events of a burst come together`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", "#!/bin/sh\n")
        let start = ContinuousClock.now
        for number in 1...200 { machine.executor.submit(order(UInt8(number))) }
        await machine.recorder.wait { events in events.count { $0.kind == .finished } == 200 }
        // One sync in 20 ms, however fast or slow the machine is.
        let most = Int((ContinuousClock.now - start) / .milliseconds(20)) + 2
        #expect(machine.recorder.batches <= most)
    }

    @Test(arguments: ["", " > $EDR_HOME/elsewhere"])
    func `a script that outlives its daemon goes on, is waited for and then undone`(redirection: String) async throws {
        let machine = try TestExecutor { $0.stopPatience = .zero }
        try machine.home.addScript(
            "block",
            """
            #!/bin/sh
            if [ $1 = add ]; then
                {
                    touch $EDR_HOME/running
                    until test -e $EDR_HOME/go; do sleep 0.02; echo waiting; done
                }\(redirection)
            fi
            echo $1 >> $EDR_HOME/seen
            echo ready

            """)
        machine.executor.submit(order(1, timeout: 1, execTimeout: 600))
        _ = await machine.recorder.first(.started, dispatch(1))
        // In the middle of its exec a process has no environment by which it could be found; nobody restarts so fast.
        try await FileChange.exists(machine.home.path + "/running")
        await machine.executor.stop()
        let next = try TestExecutor(home: machine.home)
        // Another response runs and ends meanwhile, and the time of the first one passes: its undo has to wait.
        next.executor.submit(order(2, address: "198.51.100.1", timeout: 2))
        next.executor.submit(order(3, executable: "other"))
        try machine.home.write(Array("#!/bin/sh\n".utf8), to: "go")
        let active = await next.recorder.first(.active, dispatch(1))
        #expect(active.text.hasSuffix("ready\n"))
        _ = await next.recorder.first(.undone, dispatch(1))
        #expect(next.recorder.kinds(dispatch(1)) == [.active, .undoing, .undone])
    }

    @Test func `a script that outlives its daemon is held to its time limit`() async throws {
        let machine = try TestExecutor { $0.stopPatience = .zero }
        try machine.home.addScript("block", TestExecutor.hanging)
        machine.executor.submit(order(1, execTimeout: 2))
        _ = await machine.recorder.first(.started, dispatch(1))
        await machine.executor.stop()
        let next = try TestExecutor(home: machine.home, recorder: machine.recorder)
        let end = await next.recorder.end(of: dispatch(1))
        // Only its parent learns how a process ended; here the test's process is that of both daemons.
        #expect(end.kind == .failed)
        #expect(end.detail == "killed after 2 s")
    }

    @Test func `a burst of orders does not keep an undo waiting`() async throws {
        let machine = try TestExecutor { $0.limits.adds = 256 }
        try machine.home.addScript("block", "#!/bin/sh\nexit 0\n")
        machine.executor.submit(order(0, address: "203.0.113.250", timeout: 1))
        let due = try #require(await machine.recorder.first(.started, dispatch(0)).undoDue)
        // Starting so many takes longer than is left then, however fast the machine is: 0.5 ms each at best.
        let left = Double(due) / 1000 - Date().timeIntervalSince1970 - 0.03
        try await Task.sleep(for: .seconds(max(0, left)))
        for number in 1...200 as ClosedRange<UInt8> {
            machine.executor.submit(order(number, address: "203.0.113.\(number)", convention: .positional))
        }
        _ = await machine.recorder.first(.undone, dispatch(0))
        await machine.recorder.wait { events in events.count { $0.kind == .started } == 201 }
        let events = machine.recorder.events
        let undo = try #require(events.firstIndex { $0.kind == .undoing })
        let last = try #require(events.lastIndex { $0.kind == .started })
        #expect(undo < last)
    }

    @Test func `what waited at the start does not keep an undo waiting`() async throws {
        let script = "#!/bin/sh\nexit 0\n"
        // What a crash leaves when a response is active and 200 wait behind a script that hangs; nil when its undo came first.
        func crash(timeout: Int64) async throws -> (home: TemporaryHome, due: Double)? {
            let machine = try TestExecutor { $0.limits.adds = 1 }
            try machine.home.addScript("block", script)
            try machine.home.addScript("hang", TestExecutor.hanging)
            machine.executor.submit(order(0, address: "203.0.113.250", timeout: timeout))
            let due = try #require(await machine.recorder.first(.active, dispatch(0)).undoDue)
            machine.executor.submit(order(201, executable: "hang"))
            _ = await machine.recorder.first(.started, dispatch(201))
            for number in 1...200 as ClosedRange<UInt8> {
                machine.executor.submit(order(number, address: "203.0.113.\(number)", convention: .positional))
            }
            await machine.recorder.wait { events in events.count { $0.kind == .received } == 202 }
            let home = try crashCopy(of: machine.home, script: script)
            return machine.recorder.events.contains { $0.kind == .undoing } ? nil : (home, Double(due) / 1000)
        }
        var left: (home: TemporaryHome, due: Double)?
        for timeout in [3, 10, 60] as [Int64] where left == nil { left = try await crash(timeout: timeout) }
        let (home, due) = try #require(left)
        try await Task.sleep(for: .seconds(max(0, due - Date().timeIntervalSince1970 - 0.03)))
        let next = try TestExecutor(home: home) { $0.limits.adds = 256 }
        _ = await next.recorder.first(.undone, dispatch(0))
        await next.recorder.wait { events in events.count { $0.kind == .started } == 200 }
        let events = next.recorder.events
        let undo = try #require(events.firstIndex { $0.kind == .undoing })
        let last = try #require(events.lastIndex { $0.kind == .started })
        #expect(undo < last)
    }

    @Test func `a crash torn at any point of the journal's end loses nothing that was acknowledged`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", Self.record)
        machine.executor.submit(order(1, timeout: 600))
        _ = await machine.recorder.end(of: dispatch(1))
        let whole = try #require(machine.home.bytes(of: "var/journal"))
        machine.executor.submit(order(2, address: "203.0.113.8", timeout: 600))
        _ = await machine.recorder.end(of: dispatch(2))
        let longer = try #require(machine.home.bytes(of: "var/journal"))
        for length in stride(from: whole.count, to: longer.count, by: 97) {
            let home = try TemporaryHome()
            try home.write(Array(longer[..<length]), to: "var/journal")
            let next = try TestExecutor(home: home)
            let active = await next.executor.active()
            #expect(active.first?.id == dispatch(1))
            #expect(active.first?.phase == .active)
            await next.executor.stop()
            #expect(JournalScanner.scan(home.bytes(of: "var/journal") ?? []).damaged.isEmpty)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs a small file system of its own"))
    func `orders are turned away while the disk is full, and asked for again once there is room`() async throws {
        let home = try TemporaryHome()
        try #require(mount("tmpfs", home.path + "/var", "tmpfs", 0, "size=1m") == 0)
        defer { umount2(home.path + "/var", Int32(MNT_DETACH)) }
        let machine = try TestExecutor(home: home)
        var notices = machine.notices.makeAsyncIterator()
        try home.addScript("block", Self.record)
        // The place for what comes of an order was set aside before the order was taken.
        machine.executor.submit(order(1, timeout: 600))
        _ = await machine.recorder.end(of: dispatch(1))
        try home.write([1], to: "var/ballast")
        let ballast = open(home.path + "/var/ballast", O_WRONLY | O_APPEND)
        let block = [UInt8](repeating: 1, count: 4096)
        while write(ballast, block, block.count) > 0 {}
        close(ballast)
        var number: UInt8 = 1
        var notice: OrderNotice?
        while notice == nil, number < 250 {
            number += 1
            // Large, so that the place that was set aside comes to its end.
            let alert = "{\"a\":\"\(String(repeating: "x", count: 100_000))\"}"
            machine.executor.submit(order(number, address: "203.0.113.8", timeout: 600, alert: alert))
            if number > 4 { notice = await notices.next() }
        }
        let reason = "the journal cannot be written: no space left on the device"
        #expect(notice == .turnedAway(dispatch(4), reason: reason))
        #expect(await notices.next() == .turnedAway(dispatch(5), reason: reason))
        #expect(!machine.recorder.events.contains { $0.kind == .refused })
        unlink(home.path + "/var/ballast")
        #expect(await notices.next() == .ready)
        machine.executor.submit(order(5, address: "203.0.113.9", timeout: 600))
        #expect(await machine.recorder.end(of: dispatch(5)).kind == .active)
        await machine.executor.stop()
        let next = try TestExecutor(home: home)
        #expect(await next.executor.active().contains { $0.id == dispatch(5) })
        await next.executor.stop()
    }

    @Test func `a clean stop keeps what is active, and the next start undoes it in time`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", Self.record)
        machine.executor.submit(order(1, timeout: 1))
        _ = await machine.recorder.first(.active, dispatch(1))
        await machine.executor.stop()
        #expect(await machine.executor.active().isEmpty)
        // On a slow machine the first one has undone it before it stopped.
        let next = try TestExecutor(home: machine.home, recorder: machine.recorder)
        _ = await next.recorder.first(.undone, dispatch(1))
        #expect(seen(machine.home) == ["add 203.0.113.7", "delete 203.0.113.7"])
        await machine.executor.stop()
    }

    @Test func `events wait for their acknowledgement across restarts and keep their numbers`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", Self.record)
        machine.executor.submit(order(1))
        _ = await machine.recorder.end(of: dispatch(1))
        await machine.executor.stop()
        let events = machine.recorder.events
        #expect(machine.executor.unacknowledged() == events)

        let next = try TestExecutor(home: machine.home)
        #expect(next.executor.unacknowledged() == events)
        next.executor.acknowledge(through: events[1].sequence)
        next.executor.submit(order(2))
        _ = await next.recorder.end(of: dispatch(2))
        await next.executor.stop()
        let rest = events[2...] + next.recorder.events
        #expect(rest.map(\.sequence) == rest.map(\.sequence).sorted())
        #expect(Set(rest.map(\.sequence)).count == rest.count)

        let third = try TestExecutor(home: machine.home)
        #expect(third.executor.unacknowledged() == Array(rest))
    }

    @Test func `a second executor on the same journal does not start`() throws {
        let machine = try TestExecutor()
        #expect(throws: ResponseError.self) { try TestExecutor(home: machine.home) }
    }

    @Test func `stopping waits for a script that runs`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", "#!/bin/sh\ntouch $EDR_HOME/up\nsleep 0.3\necho done\n")
        machine.executor.submit(order(1))
        _ = await machine.recorder.first(.started, dispatch(1))
        await machine.executor.stop()
        #expect(machine.recorder.events.last?.text == "done\n")
    }

    @Test func `stopping does not wait for one that takes long`() async throws {
        let machine = try TestExecutor { $0.stopPatience = .zero }
        try machine.home.addScript("block", "#!/bin/sh\necho $$ > $EDR_HOME/pid\nsleep 600\n")
        machine.executor.submit(order(1))
        _ = await machine.recorder.first(.started, dispatch(1))
        await machine.executor.stop()
        #expect(machine.recorder.kinds(dispatch(1)) == [.received, .started])
        while machine.home.text(of: "pid")?.hasSuffix("\n") != true, !Task.isCancelled { await Task.yield() }
        let pid = try #require(pid_t(machine.home.text(of: "pid")?.dropLast() ?? ""))
        #expect(kill(-pid, SIGKILL) == 0)
    }

    @Test func `the log has one line per run and undo that Wazuh's decoders read`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", "#!/bin/sh\nexit 3\n")
        machine.executor.submit(order(1, timeout: 1, extra: ["x"]))
        _ = await machine.recorder.first(.undoFailed, dispatch(1))
        await machine.executor.stop()
        let lines = machine.home.text(of: "logs/active-responses.log")?.split(separator: "\n") ?? []
        // A failed undo is tried again after five seconds, which may be before this test gets its turn.
        #expect(lines.count >= 2)
        for (line, action) in zip(lines, ["add", "delete"]) {
            let match = try #require(
                line.wholeMatch(of: /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/block: (\{.*\})/))
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(match.1.utf8)) as? [String: Any])
            #expect(object["version"] as? Int == 1)
            #expect(object["command"] as? String == action)
            #expect((object["origin"] as? [String: String]) == ["name": "soc-mgr", "module": "wazuh-execd"])
            let parameters = try #require(object["parameters"] as? [String: Any])
            #expect(parameters["program"] as? String == "active-response/bin/block")
            #expect(parameters["extra_args"] as? [String] == ["x"])
            #expect((parameters["alert"] as? [String: Any])?["id"] as? String == "1.2")
            let result = try #require(object["result"] as? [String: Any])
            #expect(result["exit_status"] as? Int == 3)
            #expect(result["dispatch_id"] as? String == dispatch(1).description)
            #expect(result["duration_ms"] is Int)
            #expect((result["undo_due"] != nil) == (action == "add"))
        }
        let attributes = try FileManager.default.attributesOfItem(
            atPath: machine.home.path + "/logs/active-responses.log")
        #expect(attributes[.posixPermissions] as? Int == 0o640)
    }

    @Test func `a repeat prolongs and an undo by hand ends it`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", Self.record)
        machine.executor.submit(order(1, timeout: 600))
        machine.executor.submit(order(2, timeout: 900))
        let prolonged = await machine.recorder.first(.prolonged, dispatch(2))
        #expect(prolonged.detail == dispatch(1).description)
        _ = await machine.recorder.first(.active, dispatch(1))
        #expect(await machine.executor.active().map(\.id) == [dispatch(1)])
        machine.executor.submit(order(1, timeout: 600).undone())
        _ = await machine.recorder.first(.undone, dispatch(1))
        #expect(seen(machine.home) == ["add 203.0.113.7", "delete 203.0.113.7"])
        #expect(await machine.executor.active().isEmpty)
    }

    @Test func `addresses and ladders can change while it runs`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", "#!/bin/sh\necho $EDR_MANAGER_ADDRESSES $EDR_TIMEOUT\n")
        machine.executor.update(managerAddresses: ["192.0.2.9"])
        machine.executor.update(repeatedOffenders: [2], quietTime: .seconds(60))
        machine.executor.submit(order(1, timeout: 60))
        #expect(await machine.recorder.end(of: dispatch(1)).text == "192.0.2.9 60\n")
        machine.executor.submit(order(1, timeout: 60).undone())
        _ = await machine.recorder.first(.undone, dispatch(1))
        machine.executor.submit(order(2, timeout: 60))
        #expect(await machine.recorder.end(of: dispatch(2)).text == "192.0.2.9 120\n")
    }

    @Test(.enabled(if: geteuid() == 0, "needs a small file system of its own"))
    func `an order for which there is no place is turned away, and what is in force is undone all the same`()
        async throws
    {
        let home = try TemporaryHome()
        let folder = home.path + "/var"
        try #require(mount("tmpfs", folder, "tmpfs", 0, "size=256k") == 0)
        defer { umount2(folder, Int32(MNT_DETACH)) }
        let machine = try TestExecutor(home: home)
        var notices = machine.notices.makeAsyncIterator()
        try home.addScript("block", Self.record)
        machine.executor.submit(order(1, timeout: 600))
        _ = await machine.recorder.end(of: dispatch(1))
        // Too large for what is left.
        let large = "{\"a\":\"\(String(repeating: "x", count: 300_000))\"}"
        machine.executor.submit(order(2, address: "203.0.113.8", timeout: 600, alert: large))
        #expect(
            await notices.next()
                == .turnedAway(dispatch(2), reason: "the journal cannot be written: no space left on the device"))
        machine.executor.undo(dispatch(1), by: "root")
        _ = await machine.recorder.first(.undone, dispatch(1))
        #expect(seen(home) == ["add 203.0.113.7", "delete 203.0.113.7"])
        machine.executor.submit(order(3))
        #expect(await machine.recorder.end(of: dispatch(3)).kind == .finished)
        await machine.executor.stop()
    }
}
