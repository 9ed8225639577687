import Foundation
import TestSupport
import Testing

@Suite struct `The manager` {
    @Test func `reads on after kill -9 where it was, and repeats nothing`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert(id: "1.1"))
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 1.1 ")
        await manager.crash()
        // One alert while it is down, one twice, one half.
        try fleet.append(alert: Fleet.alert(id: "1.1"))
        try fleet.append(alert: Fleet.alert(id: "1.2"))
        let next = try await fleet.startManager()
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 1.2 ")
        try fleet.append(alert: Fleet.alert(id: "1.3"))
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 1.3 ")
        #expect(fleet.managerHome.record.count == 3)
        #expect(await next.stop() == 0)
    }

    @Test func `keeps a request to undo for an agent that is away, across a restart`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 3600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        let listed = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        let id = try #require(listed.first?["id"] as? String)
        await agent.stop()
        try await manager.line(containing: "Agent is disconnected")

        let answer = try #require(try fleet.controlJSON("responses", "undo", id) as? [String: Any])
        #expect(answer["state"] as? String == "active")
        #expect(answer["undo_requested_by"] as? String != nil)
        let last = (answer["timeline"] as? [[String: Any]])?.last
        #expect(last?["event"] as? String == "undo_requested")
        #expect((last?["detail"] as? String)?.contains("waits for agent 001") == true)
        await manager.crash()
        let next = try await fleet.startManager()
        let back = try await fleet.startAgent(home)
        try await next.line(containing: "Response event", "state=undone")
        let shown = try #require(try fleet.controlJSON("responses", "show", id) as? [String: Any])
        #expect(shown["state"] as? String == "undone")
        #expect(shown["undo_requested_by"] is NSNull)
        await back.stop()
        await next.stop()
    }

    @Test func `skips what is no alert and goes on`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        try fleet.append(alert: "this is no alert")
        try fleet.append(alert: "{\"half\":")
        try fleet.append(alert: "nor is this")
        try fleet.append(alert: String(repeating: "x", count: 10 << 20))
        try fleet.append(alert: Fleet.alert(id: "2.1"))
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 2.1 ")
        let status = try #require(try fleet.controlJSON("status") as? [String: Any])
        let source = try #require((status["sources"] as? [[String: Any]])?.first { $0["name"] as? String != "http" })
        #expect(source["invalid"] as? Int == 4)
        #expect(source["read"] as? Int == 1)
        let warnings = manager.lines.filter { $0.contains("Line is no alert") }
        #expect(warnings.count < 4)
        #expect(warnings.contains { $0.contains("offset=0") })
        await manager.stop()
    }

    @Test func `takes alerts by HTTP on its socket, one object or NDJSON`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        func post(_ body: String) throws -> [String: Any] {
            let result = try ShellCommand.run(
                "/usr/bin/curl",
                [
                    "-s", "--unix-socket", fleet.managerHome.path + "/run/manager.sock", "--data-binary", "@-",
                    "http://localhost/v1/alerts",
                ], input: body)
            return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
        }
        let one = try post(Fleet.alert(id: "3.1").replacing(",\"agent\"", with: ",\n  \"agent\""))
        #expect(one["accepted"] as? Int == 1)
        #expect((one["responses"] as? [String])?.count == 1)
        let many = try post(Fleet.alert(id: "3.2") + "\nbroken\n" + Fleet.alert(id: "3.1") + "\n")
        #expect(many["accepted"] as? Int == 2)
        #expect(many["invalid"] as? Int == 1)
        #expect((many["errors"] as? [[String: Any]])?.first?["line"] as? Int == 2)
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 3.2 ")
        #expect(fleet.managerHome.record.count == 2)
        await manager.stop()
    }

    @Test func `says for each response why it would not fire`() async throws {
        let fleet = try Fleet(
            policy: """
                <global><white_list>203.0.113.0/24</white_list></global>
                \(policy(location: "server", level: 12))
                <active-response><command>record</command><location>server</location><rules_id>5712</rules_id></active-response>
                <active-response><command>record</command><location>local</location><level>3</level></active-response>
                """)
        let manager = try await fleet.startManager()
        func test(_ alert: String) throws -> [[String: Any]] {
            let document = try fleet.controlJSON("alerts", "test", "-", input: alert) as? [String: Any]
            return document?["responses"] as? [[String: Any]] ?? []
        }
        let answer = try test(Fleet.alert())
        #expect(answer.map { $0["fires"] as? Bool } == [false, true, false])
        #expect((answer[0]["reason"] as? String)?.contains("level") == true)
        #expect(answer[1]["agents"] as? [String] == ["000"])
        #expect((answer[2]["reason"] as? String)?.contains("web-03") == true)
        let listed = try test(Fleet.alert(srcip: "203.0.113.9"))
        #expect((listed[1]["reason"] as? String)?.contains("203.0.113.0/24") == true)
        await manager.stop()
    }

    @Test func `keeps the old configuration when the new one is invalid`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        try fleet.configure(policy: policy(location: "nowhere"))
        let refused = try fleet.control("reload")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("edr-manager.conf:"))
        try fleet.configure(policy: policy(location: "server", level: 11))
        manager.signal(SIGHUP)
        try await manager.line(containing: "Configuration was reloaded")
        try fleet.append(alert: Fleet.alert(id: "4.1", level: 10))
        try fleet.append(alert: Fleet.alert(id: "4.2", level: 11))
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 4.2 ")
        #expect(fleet.managerHome.record.count == 1)
        await manager.stop()
    }

    @Test func `a second one in the same home is refused`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let second = try ShellCommand.run(DaemonProcess.binaries + "/edr-manager", ["--home", fleet.managerHome.path])
        #expect(second.status == 1)
        #expect(second.errors.contains("process \(manager.pid)"))
        await manager.stop()
    }
}

@Suite struct `Configuration errors` {
    @Test(arguments: ["edr-manager", "edr-agent"])
    func `name file, line and column, all in one go, and exit 78`(program: String) throws {
        let home = try TemporaryHome()
        try home.write(
            "<edr_config>\n  <clinet></clinet>\n  <nonsense>1</nonsense>\n</edr_config>\n", to: "etc/\(program).conf")
        for arguments in [["-t"], []] {
            let result = try ShellCommand.run(
                DaemonProcess.binaries + "/" + program, ["--home", home.path] + arguments)
            #expect(result.status == 78)
            #expect(result.errors.contains("etc/\(program).conf:2:3: error: "))
            #expect(result.errors.contains("etc/\(program).conf:3:3: error: "))
        }
    }

    @Test func `the shipped examples are valid`() throws {
        for (program, file) in [
            ("edr-manager", "edr-manager.conf"), ("edr-manager", "edr-manager.yaml"), ("edr-agent", "edr-agent.conf"),
        ] {
            let result = try ShellCommand.run(
                DaemonProcess.binaries + "/" + program, ["-t", "--config", Repository.path + "/etc/" + file])
            #expect(result.status == 0, "\(file): \(result.errors)")
            #expect(result.errors.isEmpty)
        }
    }

    @Test func `no configuration, wrong arguments and the version`() throws {
        let home = try TemporaryHome()
        for program in ["edr-manager", "edr-agent"] {
            let path = DaemonProcess.binaries + "/" + program
            #expect(try ShellCommand.run(path, ["--home", home.path, "-t"]).status == 78)
            #expect(try ShellCommand.run(path, ["--nonsense"]).status == 64)
            #expect(try ShellCommand.run(path, ["--version"]).output.contains("0.1.0"))
        }
        let control = try ShellCommand.run(DaemonProcess.binaries + "/edr-control", ["--home", home.path, "status"])
        #expect(control.status == 69)
    }
}
