import Foundation
import TestSupport
import Testing

/// A policy with one command that any test script can stand for.
func policy(
    location: String = "local", timeout: Int = 0, level: Int = 7, extra: String = "", command: String = "",
    executable: String = "record"
) -> String {
    """
    <command>
      <name>record</name><executable>\(executable)</executable><timeout_allowed>yes</timeout_allowed>\(command)
    </command>
    <active-response>
      <command>record</command><location>\(location)</location><level>\(level)</level><timeout>\(timeout)</timeout>\(extra)
    </active-response>
    """
}

extension TemporaryHome {
    /// Adds a script that appends its arguments to `record` in the home, one line a run.
    func addRecorder() throws {
        try addScript("record", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>record\n")
    }

    /// What the recorder wrote.
    var record: [String] { FileLines.now(path + "/record") }
}

@Suite struct `From an alert to its undo` {
    @Test func `a response runs on the agent that the alert is about and is undone in time`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 1))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=undone")
        #expect(
            home.record == [
                "add - 198.51.100.77 1744557901.918273 5712 web-03 /var/log/auth.log",
                "delete - 198.51.100.77 1744557901.918273 5712 web-03 /var/log/auth.log",
            ])
        let log = FileLines.now(home.path + "/logs/active-responses.log")
        #expect(log.count == 2)
        let line = try #require(log.first)
        #expect(line.contains(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/record: \{/))
        let brace = try #require(line.firstIndex(of: "{"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(line[brace...].utf8)) as? [String: Any])
        #expect(json["command"] as? String == "add")
        #expect((json["parameters"] as? [String: Any])?["program"] as? String == "active-response/bin/record")
        #expect((json["result"] as? [String: Any])?["exit_status"] as? Int == 0)

        let listed = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        #expect(listed.count == 1)
        #expect(listed[0]["state"] as? String == "undone")
        #expect(listed[0]["agent"] as? String == "001")
        let id = try #require(listed[0]["id"] as? String)
        let shown = try #require(try fleet.controlJSON("responses", "show", id) as? [String: Any])
        let events = (shown["timeline"] as? [[String: Any]])?.compactMap { $0["event"] as? String }
        #expect(events == ["decided", "queued", "delivered", "started", "active", "undoing", "undone"])
        #expect(shown["exit_status"] as? Int == 0)
        let alertsLog = try String(contentsOfFile: fleet.managerHome.path + "/logs/alerts/alerts.log", encoding: .utf8)
        #expect(alertsLog.hasPrefix("** Alert 1744557901.918273: - syslog,sshd,authentication_failures,pci_dss_11.4,"))
        #expect(await agent.stop() == 0)
        #expect(await manager.stop() == 0)
    }

    @Test func `whoever started the agent with SIGCHLD ignored takes no exit status away`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 1))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try DaemonProcess(
            "edr-agent", ["--home", home.path], launcher: ["env", "--ignore-signal=CHLD"])
        try await agent.line(containing: "Connected to the manager")
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=undone")
        #expect(home.record.map { $0.prefix(4) } == ["add ", "dele"])
        let log = FileLines.now(home.path + "/logs/active-responses.log")
        #expect(log.count == 2 && log.allSatisfy { $0.contains(#""exit_status":0"#) }, "\(log)")
        await agent.stop()
        await manager.stop()
    }

    @Test func `a script that runs when the agent is killed goes on, and its undo waits for it`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 1))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript(
            "record",
            """
            #!/bin/sh
            echo "$1 begins" >>record
            if [ "$1" = add ]; then
                until test -e go; do echo waiting; sleep 0.05; done
            fi
            echo "$1 ends" >>record

            """)
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await FileLines.first(in: home.path + "/record", containing: "add begins")
        await agent.crash()
        let again = try await fleet.startAgent(home)
        try await again.line(containing: "still runs from before the restart")
        try home.write("", to: "go")
        try await manager.line(containing: "Response event", "state=undone")
        #expect(FileLines.now(home.path + "/record") == ["add begins", "add ends", "delete begins", "delete ends"])
        await again.stop()
        await manager.stop()
    }

    @Test func `a ban outlives kill -9 of the agent and is lifted by the next start`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 20))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        await agent.crash()
        #expect(home.record.count == 1)
        let again = try await fleet.startAgent(home)
        try await manager.line(containing: "Response event", "state=undone")
        #expect(home.record.map { $0.prefix(3) } == ["add", "del"])
        await again.stop()
        await manager.stop()
    }

    @Test func `a ban that was due while the agent was down is lifted at once`() async throws {
        // Long enough for a slow machine to kill the agent before it is over.
        let fleet = try Fleet(policy: policy(timeout: 30))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        // The script leaves a child behind that tells when the time is over.
        try home.addScript("record", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>record\n(sleep 31; echo over >>clock) &\n")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        await agent.crash()
        try await FileLines.first(in: home.path + "/clock", containing: "over")
        #expect(home.record.count == 1)
        let again = try await fleet.startAgent(home)
        try await manager.line(containing: "Response event", "state=undone")
        #expect(home.record.count == 2)
        await again.stop()
        await manager.stop()
    }

    @Test func `an order for an agent that is away waits for it`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response fires", "state=queued")
        let waiting = try #require(try fleet.controlJSON("responses", "list", "--state", "queued") as? [[String: Any]])
        #expect(waiting.count == 1)
        // The order is in the ledger: it outlives the manager.
        await manager.crash()
        let next = try await fleet.startManager()
        let agent = try await fleet.startAgent(home)
        try await next.line(containing: "Response event", "state=finished")
        #expect(home.record.count == 1)
        await agent.stop()
        await next.stop()
    }

    @Test func `an order that waited too long expires and is not run`() async throws {
        let fleet = try Fleet(policy: policy(extra: "<expires>1s</expires>"))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response expired")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await manager.line(containing: "Response event", "state=finished")
        #expect(home.record.count == 1)
        #expect(home.record.first?.contains("1744557902.1") == true)
        await agent.stop()
        await manager.stop()
    }

    @Test func `location server runs on the manager, location all everywhere`() async throws {
        let fleet = try Fleet(
            policy: policy(location: "server")
                + policy(location: "all").replacing("record</name>", with: "other</name>").replacing(
                    "<command>record<", with: "<command>other<"))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await FileLines.count(2, in: fleet.managerHome.path + "/record", containing: "add")
        try await FileLines.count(1, in: home.path + "/record", containing: "add")
        // A script's line comes after its end, later than what it wrote itself.
        let log = fleet.managerHome.path + "/logs/active-responses.log"
        #expect(try await FileLines.count(2, in: log, containing: "active-response/bin/").count == 2)
        await agent.stop()
        await manager.stop()
    }

    @Test func `a second alert while the ban is active prolongs it and runs nothing`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await manager.line(containing: "Response event", "state=prolonged")
        let active = try #require(try fleet.controlJSON("responses", "list", "--state", "active") as? [[String: Any]])
        #expect(active.count == 1)
        #expect(home.record.count == 1)
        let id = try #require(active.first?["id"] as? String)
        #expect(try fleet.control("responses", "undo", id).status == 0)
        try await manager.line(containing: "Response event", "state=undone")
        #expect(home.record.count == 2)
        await agent.stop()
        await manager.stop()
    }
}
