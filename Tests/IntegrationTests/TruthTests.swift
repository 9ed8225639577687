import Foundation
import TestSupport
import Testing

extension Fleet {
    /// The responses in a state, or all.
    func responses(_ state: String? = nil) throws -> [[String: Any]] {
        let listed = try state.map { try controlJSON("responses", "list", "--state", $0) }
        return try (listed ?? controlJSON("responses", "list")) as? [[String: Any]] ?? []
    }

    func response(_ id: String) throws -> [String: Any] {
        try controlJSON("responses", "show", id) as? [String: Any] ?? [:]
    }

    /// The last entry of a response's timeline.
    func lastEvent(_ id: String) throws -> (event: String, detail: String) {
        let last = (try response(id)["timeline"] as? [[String: Any]])?.last
        return (last?["event"] as? String ?? "", last?["detail"] as? String ?? "")
    }
}

@Suite struct `What is in force on the fleet` {
    private func active(_ fleet: Fleet, _ manager: DaemonProcess) async throws -> String {
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        return try #require(try fleet.responses("active").first?["id"] as? String)
    }

    @Test func `a response that the agent's journal does not know is unknown`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        let id = try await active(fleet, manager)
        await agent.crash()
        // The host was installed anew.
        unlink(home.path + "/var/journal")
        let again = try await fleet.startAgent(home)
        let line = try await manager.line(containing: "journal and the ledger differed", "agent=001")
        #expect(line.contains("1 the journal does not know"))
        #expect(try fleet.responses("active").isEmpty)
        #expect(try fleet.response(id)["state"] as? String == "unknown")
        let last = try fleet.lastEvent(id)
        #expect(last.event == "unknown")
        #expect(last.detail == "the agent's journal does not know it")
        // It can still be undone: the order says all that is needed.
        #expect(try fleet.control("responses", "undo", id).status == 0)
        try await manager.line(containing: "Response event", "state=undone")
        #expect(try fleet.response(id)["state"] as? String == "undone")
        await again.stop()
        await manager.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `kill -9 of both loses sight of nothing`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        let id = try await active(fleet, manager)
        await agent.crash()
        await manager.crash()
        let next = try await fleet.startManager()
        let again = try await fleet.startAgent(home)
        try await next.line(containing: "journal agrees with the ledger", "agent=001", "count=1")
        #expect(try fleet.responses("active").map { $0["id"] as? String } == [id])
        #expect(!next.lines.contains { $0.contains("differed") })
        await again.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `what a ledger from a backup does not know comes back from the agent's journal`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        await manager.stop()
        let backup = ["", "-wal"].map { suffix in fleet.managerHome.bytes(of: "var/manager.db" + suffix) ?? [] }
        let second = try await fleet.startManager()
        let agent = try await fleet.startAgent(home)
        let id = try await active(fleet, second)
        await second.crash()
        // The alerts are not there any more, so that nothing else could bring the response back.
        try fleet.managerHome.write("", to: "alerts.json")
        unlink(fleet.managerHome.path + "/var/manager.db-shm")
        for (suffix, bytes) in zip(["", "-wal"], backup) {
            try fleet.managerHome.write(bytes, to: "var/manager.db" + suffix)
        }
        let third = try await fleet.startManager()
        let line = try await third.line(containing: "journal and the ledger differed", "agent=001")
        #expect(line.contains("1 the ledger does not know"))
        try await third.line(containing: "Response is in the ledger again", id)
        let listed = try #require(try await Self.awaited { try fleet.responses("active").first })
        #expect(listed["id"] as? String == id)
        #expect(listed["srcip"] as? String == "198.51.100.77")
        #expect(listed["undo_due"] as? String != nil)
        #expect(try fleet.lastEvent(id).detail.contains("the ledger did not know it"))
        #expect(try fleet.control("responses", "undo", id).status == 0)
        try await third.line(containing: "Response event", "state=undone")
        #expect(home.record.map { $0.prefix(3) } == ["add", "del"])
        await agent.stop()
        await third.stop()
    }

    /// Asks again until there is an answer; the ledger's commit has no line in the log.
    private static func awaited<Value>(_ ask: () throws -> Value?) async throws -> Value? {
        for _ in 0..<100 {
            if let value = try ask() { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    @Test func `the manager's own journal is compared as well`() async throws {
        let fleet = try Fleet(policy: policy(location: "server", timeout: 3600))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        let id = try await active(fleet, manager)
        await manager.crash()
        unlink(fleet.managerHome.path + "/var/journal")
        let next = try await fleet.startManager()
        try await next.line(containing: "journal and the ledger differed", "agent=000")
        #expect(try fleet.response(id)["state"] as? String == "unknown")
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `responses of a removed agent do not stay active`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        let id = try await active(fleet, manager)
        #expect(try fleet.control("agents", "remove", "001").status == 0)
        let state = try await Self.awaited {
            try fleet.response(id)["state"] as? String == "active" ? nil : try fleet.response(id)["state"] as? String
        }
        #expect(state == "unknown")
        #expect(try fleet.lastEvent(id).detail.contains("the agent was removed"))
        // Its responses are found by its id; nobody's are none.
        #expect(try fleet.control("responses", "list", "--agent", "001").output.contains("unknown"))
        #expect(try fleet.control("responses", "list", "--agent", "001", "--state", "active").status == 0)
        let nobody = try fleet.control("responses", "list", "--agent", "nobody")
        #expect(nobody.status == 1 && nobody.errors.contains("there is no agent \"nobody\""), "\(nobody)")
        let unknown = try fleet.control("agents", "show", "w%41 03")
        #expect(unknown.status == 1 && unknown.errors.contains("there is no agent \"w%41 03\""), "\(unknown)")
        await agent.crash()
        await manager.stop()
        try fleet.expectWholeRecord()
    }
}

@Suite struct `After an undo by hand` {
    private let old = "2025-04-13T15:25:01.482+0000"

    @Test func `the next alert does not apply the same again, also after kill -9 of the manager`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        let id = try #require(try fleet.responses("active").first?["id"] as? String)
        #expect(try fleet.control("responses", "undo", id).status == 0)
        try await manager.line(containing: "Response event", "state=undone")
        await manager.crash()
        let next = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await next.line(containing: "Response fires", "1744557902.1", "state=cancelled")
        let cancelled = try #require(try fleet.responses("cancelled").first?["id"] as? String)
        let last = try fleet.lastEvent(cancelled)
        #expect(last.detail.contains("undid the same response (\(id))"))
        #expect(last.detail.contains("undo_grace"))
        // Another address is another matter.
        try fleet.append(alert: Fleet.alert(id: "1744557902.2", srcip: "198.51.100.78"))
        try await next.line(containing: "Response event", "state=active")
        #expect(home.record.count == 3)
        // By hand it is applied all the same, and alerts prolong it again.
        let run = ["run", "record", "--agent", "001", "--srcip", "198.51.100.77", "--timeout", "1h"]
        #expect(
            try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control", ["--home", fleet.managerHome.path] + run
            ).status == 0)
        try await FileLines.count(4, in: home.path + "/record", containing: "198.51.100.7")
        try fleet.append(alert: Fleet.alert(id: "1744557902.3"))
        try await next.line(containing: "Response fires", "1744557902.3", "state=queued")
        await agent.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `a grace of 0 applies it again at once`() async throws {
        let fleet = try Fleet(
            policy: "<global><white_list>127.0.0.1</white_list></global>" + policy(timeout: 3600))
        try fleet.managerHome.write(
            "<edr_config><global><undo_grace>0</undo_grace></global></edr_config>\n", to: "etc/grace.conf")
        try FileManager.default.createDirectory(
            atPath: fleet.managerHome.path + "/etc/conf.d", withIntermediateDirectories: true)
        try FileManager.default.moveItem(
            atPath: fleet.managerHome.path + "/etc/grace.conf",
            toPath: fleet.managerHome.path + "/etc/conf.d/grace.conf")
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        let id = try #require(try fleet.responses("active").first?["id"] as? String)
        #expect(try fleet.control("responses", "undo", id).status == 0)
        try await manager.line(containing: "Response event", "state=undone")
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await FileLines.count(2, in: home.path + "/record", containing: "add")
        await agent.stop()
        await manager.stop()
    }
}

@Suite struct `Undos` {
    @Test func `that fail are shown with their next attempt, and tried again until they succeed`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 1))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript(
            "record", "#!/bin/sh\necho \"$1\" >>record\n[ \"$1\" = add ] || test -e repaired\n")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=undoFailed", "next attempt in 5 s")
        var failed: [String: Any]?
        for _ in 0..<100 where failed == nil {
            failed = try fleet.responses("undo_failed").first
            if failed == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        let id = try #require(failed?["id"] as? String)
        let retry = try #require(failed?["undo_retry"] as? String)
        #expect(retry > (failed?["undo_due"] as? String ?? "9"))
        #expect(try fleet.control("responses", "list").output.contains("(retry)"))
        #expect(try fleet.control("responses", "show", id).output.contains("undo retried"))
        try home.write("", to: "repaired")
        // Also when the agent is killed meanwhile.
        await agent.crash()
        let again = try await fleet.startAgent(home)
        try await manager.line(containing: "Response event", "state=undone")
        var shown = try fleet.response(id)
        for _ in 0..<100 where shown["state"] as? String != "undone" {
            try await Task.sleep(for: .milliseconds(20))
            shown = try fleet.response(id)
        }
        #expect(shown["state"] as? String == "undone")
        #expect(shown["undo_retry"] is NSNull)
        await again.stop()
        await manager.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `come before the end of an agent that is told so, and what fails comes at the next start`() async throws
    {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript(
            "record",
            "#!/bin/sh\necho \"$1 $3\" >>record\n[ \"$1 $3\" != 'delete 198.51.100.2' ] || test -e repaired\n")
        let file = home.path + "/etc/edr-agent.conf"
        let configuration = try String(contentsOfFile: file, encoding: .utf8)
        try home.write(
            configuration
                + "<edr_config><active-response><on_stop>undo</on_stop></active-response></edr_config>\n",
            to: "etc/edr-agent.conf")
        let agent = try await fleet.startAgent(home)
        for number in 1...3 {
            try fleet.append(alert: Fleet.alert(id: "1.\(number)", srcip: "198.51.100.\(number)"))
        }
        try await FileLines.count(3, in: home.path + "/record", containing: "add")
        #expect(await agent.stop() == 0)
        #expect(home.record.filter { $0.hasPrefix("delete") }.sorted() == (1...3).map { "delete 198.51.100.\($0)" })
        // The manager hears of it while the agent is still there.
        try await manager.line(containing: "Agent is disconnected")
        #expect(manager.lines.count { $0.contains("Response event") && $0.contains("state=undone") } == 2)
        #expect(manager.lines.count { $0.contains("Response event") && $0.contains("state=undoFailed") } == 1)
        try home.write("", to: "repaired")
        let again = try await fleet.startAgent(home)
        try await FileLines.count(2, in: home.path + "/record", containing: "delete 198.51.100.2")
        await again.stop()
        await manager.stop()
    }

    @Test func `come before the end of a manager that is told so`() async throws {
        let fleet = try Fleet(
            policy: policy(location: "server", timeout: 3600) + "<global><on_stop>undo</on_stop></global>")
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        #expect(await manager.stop() == 0)
        #expect(fleet.managerHome.record.map { $0.prefix(3) } == ["add", "del"])
        let next = try await fleet.startManager()
        #expect(try fleet.responses("undone").count == 1)
        await next.stop()
    }
}
