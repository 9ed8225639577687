import Foundation
import TestSupport
import Testing

/// Limits, approval and the stop, with real programs.
@Suite struct `Blast radius` {
    private func responses(_ fleet: Fleet, _ state: String) throws -> [[String: Any]] {
        try #require(try fleet.controlJSON("responses", "list", "--state", state) as? [[String: Any]])
    }

    private func timeline(_ fleet: Fleet, _ id: String) throws -> [(event: String, detail: String)] {
        let shown = try #require(try fleet.controlJSON("responses", "show", id) as? [String: Any])
        return (shown["timeline"] as? [[String: Any]] ?? []).map {
            ($0["event"] as? String ?? "", $0["detail"] as? String ?? "")
        }
    }

    private func id(_ response: [String: Any]?) throws -> String { try #require(response?["id"] as? String) }

    @Test func `a held response waits through a crash for its answer, and then runs once`() async throws {
        let fleet = try Fleet(
            policy: policy(extra: "<require_approval>yes</require_approval><expires>1h</expires>"))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response fires", "state=held", "requires approval")
        // Durable means: seen through the ledger, which a kill cannot take back.
        let before = try await FleetLedger.first(fleet, state: "held")
        await manager.crash()

        let next = try await fleet.startManager()
        try await agent.line(containing: "Connected to the manager")
        let held = try responses(fleet, "held")
        #expect(held.count == 1)
        #expect(held[0]["id"] as? String == before)
        #expect(held[0]["held_reason"] as? String == "the active response requires approval")
        #expect(held[0]["held_default"] as? String == "deny")
        let until = try #require(held[0]["held_until"] as? String)
        #expect(until > Date.now.addingTimeInterval(3000).ISO8601Format())
        // The same alert again is the same response: not held twice, not run.
        try fleet.append(alert: Fleet.alert())
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await next.line(containing: "Response fires", "state=held", "1744557902.1")
        #expect(home.record.isEmpty)

        let approved = try fleet.control("responses", "approve", before, "--reason", "seen on the wire")
        #expect(approved.status == 0, "\(approved.errors)")
        try await next.line(containing: "Response event", "state=finished")
        #expect(home.record.count == 1)
        #expect(
            try timeline(fleet, before).map(\.event) == [
                "decided", "held", "approved", "delivered", "started", "finished",
            ])
        let detail = try #require(try timeline(fleet, before).first { $0.event == "approved" }?.detail)
        #expect(detail.contains("uid \(getuid())"), "\(detail)")
        // The agent may not be back yet, of which the detail then tells too.
        #expect(detail.contains(": seen on the wire"), "\(detail)")
        #expect(try fleet.control("responses", "approve", before).status == 1)

        let other = try id(try responses(fleet, "held").first)
        #expect(other != before)
        #expect(try fleet.control("responses", "deny", other, "--reason", "a scanner").status == 0)
        #expect(try responses(fleet, "cancelled").map { $0["id"] as? String } == [other])
        #expect(try timeline(fleet, other).last?.detail.hasSuffix(": a scanner") == true)
        #expect(home.record.count == 1)
        await agent.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `nobody's answer counts at the deadline, also when the manager was down then`() async throws {
        let fleet = try Fleet(
            policy: policy(
                extra: "<require_approval>yes</require_approval><approval_deadline>1s</approval_deadline>"
                    + "<approval_default>approve</approval_default>"))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=finished")
        #expect(home.record.count == 1)

        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await manager.line(containing: "Response fires", "state=held", "1744557902.1")
        // Whether its entry is committed by now or its alert is read again makes no difference.
        await manager.crash()
        let next = try await fleet.startManager()
        try await FileLines.count(2, in: home.path + "/record", containing: "add")
        let last = try #require(try fleet.controlJSON("responses", "list", "--limit", "1") as? [[String: Any]])
        #expect(try timeline(fleet, try id(last.first)).contains { $0.detail.contains("the default is to approve") })

        try fleet.configure(
            policy: policy(
                extra: "<require_approval>yes</require_approval><approval_deadline>1s</approval_deadline>"))
        #expect(try fleet.control("reload").status == 0)
        try fleet.append(alert: Fleet.alert(id: "1744557903.1"))
        try await next.line(containing: "Response fires", "state=held", "1744557903.1")
        _ = try await FleetLedger.first(fleet, state: "cancelled")
        #expect(home.record.count == 2)
        await agent.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `what would go beyond a limit is held, and the count outlives a crash`() async throws {
        let fleet = try Fleet(
            policy: policy(timeout: 600, extra: "<limits><concurrent>2</concurrent></limits>"))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        for number in 1...2 {
            try fleet.append(alert: Fleet.alert(id: "174455790\(number).1", srcip: "198.51.100.\(number)"))
        }
        try await FileLines.count(2, in: home.path + "/record", containing: "add")
        await manager.crash()
        let next = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert(id: "1744557903.1", srcip: "198.51.100.3"))
        try await next.line(containing: "Response fires", "state=held", "2 at the same time")
        let held = try await FleetLedger.first(fleet, state: "held")

        // One that is over makes room.
        try await next.line(containing: "Agent is connected")
        let active = try id(try responses(fleet, "active").first)
        #expect(try fleet.control("responses", "undo", active, "--reason", "false alarm").status == 0)
        try await next.line(containing: "Response event", "state=undone")
        try fleet.append(alert: Fleet.alert(id: "1744557904.1", srcip: "198.51.100.4"))
        try await FileLines.first(in: home.path + "/record", containing: "add - 198.51.100.4")
        #expect(try responses(fleet, "held").map { $0["id"] as? String } == [held])
        #expect(
            try timeline(fleet, active).contains {
                $0.event == "undo_requested" && $0.detail.hasSuffix(": false alarm")
            })
        await agent.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `stop-all lets nothing new run until resume, also over a restart, and undo-all takes back the rest`()
        async throws
    {
        let fleet = try Fleet(policy: policy(timeout: 600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let away = try fleet.enrollAgent(named: "web-04")
        for home in [home, away] { try home.addRecorder() }
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        // One that waits for its agent when everything is stopped.
        try fleet.append(alert: Fleet.alert(id: "1744557901.4", agent: "web-04", agentID: "002"))
        try await manager.line(containing: "Response fires", "state=queued", "1744557901.4")
        #expect(try fleet.control("stop-all", "--reason", "a bad rule").status == 0)
        let status = try #require(try fleet.controlJSON("status") as? [String: Any])
        let stopped = try #require(status["stopped"] as? [String: Any])
        #expect(stopped["reason"] as? String == "a bad rule")
        #expect(try fleet.control("status").output.hasPrefix("STOPPED since "))
        try fleet.append(alert: Fleet.alert(id: "1744557902.1", srcip: "198.51.100.2"))
        try await manager.line(containing: "state=held", "a bad rule", "1744557902.1")
        let byHand = try fleet.controlJSON("run", "record", "--agent", "001", "--srcip", "198.51.100.9")
        let started = ((byHand as? [String: Any])?["responses"] as? [[String: Any]])?.first
        #expect(started?["state"] as? String == "held")
        await manager.crash()

        let next = try await fleet.startManager()
        let second = try await fleet.startAgent(away)
        try await next.line(containing: "Agent is connected", "agent=002")
        try fleet.append(alert: Fleet.alert(id: "1744557903.1", srcip: "198.51.100.3"))
        try await next.line(containing: "state=held", "1744557903.1")
        #expect(try fleet.control("responses", "approve", try id(started)).errors.contains("resume"))
        // The undo of what is in force runs nevertheless.
        try await next.line(containing: "Agent is connected", "agent=001")
        let undone = try #require(try fleet.controlJSON("undo-all", "--reason", "a bad rule") as? [String: Any])
        #expect(undone["requested"] as? Int == 1)
        try await next.line(containing: "Response event", "state=undone")
        #expect(home.record.map { $0.prefix(3) } == ["add", "del"])
        #expect(away.record.isEmpty)

        #expect(try fleet.control("resume").status == 0)
        try await FileLines.first(in: away.path + "/record", containing: "add")
        #expect(try responses(fleet, "held").count == 3)
        #expect(try fleet.control("responses", "approve", try id(started)).status == 0)
        try await FileLines.first(in: home.path + "/record", containing: "add - 198.51.100.9")
        #expect(((try fleet.controlJSON("resume")) as? [String: Any])?["changed"] as? Bool == false)
        #expect(try fleet.control("agents", "remove", "002", "--reason", "gone").status == 0)
        let changes = try #require(try fleet.controlJSON("changes") as? [[String: Any]])
        let enrollments = ["agent_enrolled", "token_created", "agent_enrolled", "token_created"]
        #expect(
            changes.map { $0["event"] as? String } == ["agent_removed", "resumed", "undo_all", "stopped"] + enrollments)
        let removed = try #require(changes.first?["detail"] as? String)
        #expect(removed.hasPrefix("agent 002 (web-04), by "))
        #expect(removed.contains("uid \(getuid())") && removed.hasSuffix(": gone"), "\(removed)")
        await second.stop()
        await agent.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `undo-all reaches agents that are away when they come back`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        for number in 1...3 {
            try fleet.append(alert: Fleet.alert(id: "174455790\(number).1", srcip: "198.51.100.\(number)"))
        }
        try await FileLines.count(3, in: home.path + "/record", containing: "add")
        while try responses(fleet, "active").count < 3 { await Task.yield() }
        await agent.stop()
        let none = try #require(try fleet.controlJSON("undo-all", "--command", "other") as? [String: Any])
        #expect(none["requested"] as? Int == 0)
        let all = try #require(try fleet.controlJSON("undo-all", "--agent", "web-03") as? [String: Any])
        #expect(all["requested"] as? Int == 3)
        await manager.crash()
        let next = try await fleet.startManager()
        let again = try await fleet.startAgent(home)
        try await FileLines.count(3, in: home.path + "/record", containing: "delete")
        await again.stop()
        await next.stop()
        try fleet.expectWholeRecord()
    }

    @Test func `send needs no configuration, and restore ends what isolates`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let scripts = ["kill-process", "kill-process-tree", "quarantine-file", "firewall-drop", "block-url", "isolate"]
        for script in scripts {
            // The test machine's own address may be among those that stay reachable.
            try home.addScript(
                script, "#!/bin/sh\n# edr: no-address\nprintf '%s %s\\n' \"${0##*/}\" \"$*\" >>record\n")
        }
        let agent = try await fleet.startAgent(home)
        for (arguments, line) in [
            (["kill", "--pid", "4242"], "kill-process add - - "),
            (["kill-tree", "--pid", "4243"], "kill-process-tree add"),
            (["delete", "--path", "/tmp/x"], "web-03 /tmp/x"),
            (["block-ip", "--ip", "198.51.100.7", "--timeout", "10m"], "firewall-drop add - 198.51.100.7"),
            (["block-url", "--url", "http://bad.example/x"], "http://bad.example/x"),
            (["isolate", "--allowed-ips", "192.0.2.1,192.0.2.0/24"], "192.0.2.1 192.0.2.0/24"),
        ] {
            let sent = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control",
                ["--home", fleet.managerHome.path, "send", arguments[0], "--agent", "001", "--reason", "r"]
                    + arguments.dropFirst(), input: "")
            #expect(sent.status == 0, "\(sent.errors)")
            try await FileLines.first(in: home.path + "/record", containing: line)
        }
        try await FileLines.first(in: home.path + "/record", containing: "4242")
        while try responses(fleet, "active").count < 4 { await Task.yield() }
        #expect(try fleet.control("send", "restore", "--agent", "001").status == 0)
        try await FileLines.first(in: home.path + "/record", containing: "isolate delete")
        try await manager.line(containing: "Response event", "state=undone")
        #expect(try fleet.control("send", "restore", "--agent", "001").status == 1)

        for wrong in [
            ["kill"], ["kill", "--pid", "1"], ["kill", "--pid", "7", "--timeout", "5"], ["block-ip", "--ip", "x"],
            ["delete", "--path", "x"], ["isolate", "--allowed-ips", "x"], ["restore", "--ip", "192.0.2.1"],
        ] {
            let sent = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control",
                ["--home", fleet.managerHome.path, "send"] + wrong + ["--agent", "001"], input: "")
            #expect(sent.status == 1, "\(wrong) \(sent.output)")
        }
        await agent.stop()
        await manager.stop()
        try fleet.expectWholeRecord()
    }
}

/// The ledger of a fleet's manager, asked until it has what a log line told of before its commit.
private enum FleetLedger {
    /// The id of the first response in a state.
    static func first(_ fleet: Fleet, state: String) async throws -> String {
        for _ in 0..<600 {
            let list = try fleet.controlJSON("responses", "list", "--state", state) as? [[String: Any]]
            if let id = list?.first?["id"] as? String { return id }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSeen("no response is \(state)")
    }
}
