import Foundation
import TestSupport
import Testing

@Suite struct `The link between manager and agent` {
    private func status(_ fleet: Fleet) throws -> String? {
        (try fleet.controlJSON("agents", "list") as? [[String: Any]])?.first?["status"] as? String
    }

    @Test func `the list of agents follows connections at once`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        #expect(try status(fleet) == "never_connected")
        let agent = try await fleet.startAgent(home)
        try await manager.line(containing: "Agent is connected")
        #expect(try status(fleet) == "active")
        await agent.stop()
        try await manager.line(containing: "Agent is disconnected", within: 3)
        #expect(try status(fleet) == "disconnected")
        await manager.stop()
    }

    @Test func `an agent that falls silent is noticed within 30 seconds`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        try await manager.line(containing: "Agent is connected")
        agent.signal(SIGSTOP)
        try await manager.line(containing: "Agent is disconnected", "silent", within: 30)
        #expect(try status(fleet) == "disconnected")
        agent.signal(SIGCONT)
        try await agent.line(containing: "Disconnected from the manager")
        await agent.stop()
        await manager.stop()
    }

    @Test func `an agent comes back after the manager's restart`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        await manager.crash()
        try await agent.line(containing: "Disconnected from the manager")
        let next = try await fleet.startManager()
        try await next.line(containing: "Agent is connected")
        await agent.stop()
        await next.stop()
    }

    @Test func `an agent whose key or certificate cannot be used says which file and why`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let (key, certificate) = (home.path + "/etc/tls/agent-key.pem", home.path + "/etc/tls/agent.pem")
        #expect(chmod(key, 0o644) == 0)
        let careless = try DaemonProcess("edr-agent", ["--home", home.path])
        try await careless.line(containing: "Agent cannot use what it got when it enrolled", key, "set mode 600")
        #expect(await careless.status() != 0)
        #expect(chmod(key, 0o600) == 0)
        try home.write("garbage", to: "etc/tls/agent.pem")
        let damaged = try DaemonProcess("edr-agent", ["--home", home.path])
        try await damaged.line(containing: "Agent cannot use what it got when it enrolled", certificate)
        #expect(await damaged.status() != 0)
        #expect(unlink(certificate) == 0)
        let strange = try DaemonProcess("edr-agent", ["--home", home.path])
        try await strange.line(containing: "Agent is not enrolled; run edr-agent --enroll")
        #expect(await strange.status() != 0)
        await manager.stop()
    }

    @Test func `a removed agent is cut off at once and not let in again`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        try await manager.line(containing: "Agent is connected")
        #expect(try fleet.control("agents", "remove", "001").status == 0)
        try await agent.line(containing: "Disconnected from the manager", "removed")
        try await agent.line(containing: "Manager did not accept the agent", "not enrolled")
        await agent.stop()
        await manager.stop()
    }

    @Test func `enrolling an id anew cuts the machine off that had it`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        try await manager.line(containing: "Agent is connected")
        let token = try fleet.control("enroll", "token", "--id", "001").output
        let other = try TemporaryHome()
        let enrolled = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-agent",
            ["--home", other.path, "--enroll", "-", "--manager", "127.0.0.1:\(fleet.port)", "--name", "web-03"],
            input: token)
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        #expect(!enrolled.output.contains("before"))
        try await agent.line(containing: "Disconnected from the manager", "enrolled anew")
        try await agent.line(containing: "Manager did not accept the agent", "not enrolled")
        #expect(try status(fleet) != "active")
        let next = try await fleet.startAgent(other)
        await next.stop()
        await agent.stop()
        await manager.stop()
    }

    @Test func `without a certificate of ours nothing is served`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        func connect(_ arguments: String...) throws -> CommandResult {
            try ShellCommand.run(
                "/usr/bin/openssl",
                ["s_client", "-connect", "127.0.0.1:\(fleet.port)", "-brief", "-ign_eof"] + arguments,
                input: "hello\n")
        }
        #expect(try connect("-alpn", "edr-agent/1").errors.contains("certificate required"))
        #expect(try connect().status != 0)
        #expect(try connect("-tls1_2", "-alpn", "edr-agent/1").status != 0)
        await manager.stop()
    }

    @Test func `tokens are counted and wrong ones refused`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let token = try fleet.control("enroll", "token").output.trimmingCharacters(in: .whitespacesAndNewlines)
        func enroll(_ token: String, name: String) throws -> CommandResult {
            let home = try TemporaryHome()
            return try ShellCommand.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(fleet.port)", "--name", name],
                input: token + "\n")
        }
        #expect(try enroll(token, name: "a").status == 0)
        #expect(try enroll(token, name: "b").errors.contains("token"))
        #expect(try enroll("edr1.nonsense", name: "b").status == 1)
        let foreign = try Fleet(policy: policy())
        let foreignManager = try await foreign.startManager()
        let foreignToken = try foreign.control("enroll", "token").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try enroll(foreignToken, name: "b").status == 1)
        let listed = try #require(try fleet.controlJSON("agents", "list") as? [[String: Any]])
        #expect(listed.map { $0["name"] as? String } == ["a"])
        #expect(!manager.lines.contains { $0.contains(token) })
        await foreignManager.stop()
        await manager.stop()
    }

    @Test func `a token is listed without its secret and can be taken back`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let token = try fleet.control("enroll", "token", "--name", "db-01").output
        try fleet.control("enroll", "token", "--uses", "3")
        let listed = try #require(try fleet.controlJSON("enroll", "tokens") as? [[String: Any]])
        #expect(listed.map { $0["name"] as? String } == ["db-01", nil])
        #expect(listed.map { $0["uses_left"] as? Int } == [1, 3])
        let id = try #require(listed[0]["token_id"] as? String)
        let shown = try fleet.control("enroll", "tokens").output
        #expect(shown.contains(id) && !shown.contains("edr1."))
        #expect(try fleet.control("enroll", "revoke", id).output == "token \(id) revoked\n")
        #expect(try fleet.control("enroll", "revoke", id).status == 1)
        let home = try TemporaryHome()
        let enrolled = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-agent",
            ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(fleet.port)"], input: token)
        #expect(enrolled.status == 1 && enrolled.errors.contains("token is not valid"))
        #expect((try fleet.controlJSON("enroll", "tokens") as? [[String: Any]])?.count == 1)
        #expect(try fleet.control("changes").output.contains("token_revoked"))
        await manager.stop()
    }

    @Test func `a home that was enrolled before is told which agent it was`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        func enroll(_ arguments: [String]) throws -> CommandResult {
            let token = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control",
                ["--home", fleet.managerHome.path, "enroll", "token"] + arguments, input: "")
            return try ShellCommand.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(fleet.port)"], input: token.output)
        }
        let same = try enroll(["--name", "web-03"])
        #expect(same.output.contains("was agent 001 before and stays it") && same.output.contains("restarted"))
        let other = try enroll(["--name", "web-04"])
        #expect(other.output.contains("Enrolled as agent 002") && other.output.contains("agents remove 001"))
        await manager.stop()
    }

    @Test func `keys and sockets are closed to others`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let secret = [
            fleet.managerHome.path + "/etc/tls/ca-key.pem",
            fleet.managerHome.path + "/run/manager.sock", fleet.managerHome.path + "/var/manager.db",
            home.path + "/etc/tls/agent-key.pem",
        ]
        for path in secret {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode.map { $0 & 0o077 } == 0, "\(path)")
        }
        await manager.stop()
    }
}

@Suite struct `Scripts that cannot or must not run` {
    /// Runs one alert through a script of this name and returns the response as the manager knows it in the end.
    private func outcome(
        of command: String = "", executable: String = "record", state: String,
        prepare: (TemporaryHome) throws -> Void
    ) async throws -> [String: Any] {
        let fleet = try Fleet(policy: policy(command: command, executable: executable))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try prepare(home)
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=\(state)")
        let listed = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        let id = try #require(listed.first?["id"] as? String)
        let shown = try #require(try fleet.controlJSON("responses", "show", id) as? [String: Any])
        #expect(await agent.stop() == 0)
        #expect(await manager.stop() == 0)
        return shown
    }

    private func reason(_ shown: [String: Any]) -> String {
        ((shown["timeline"] as? [[String: Any]])?.last?["detail"] as? String) ?? ""
    }

    @Test func `a missing one is refused`() async throws {
        let shown = try await outcome(state: "refused") { _ in }
        #expect(shown["state"] as? String == "refused")
        #expect(reason(shown).contains("record"))
    }

    @Test func `one that others may write is refused`() async throws {
        let shown = try await outcome(state: "refused") { try $0.addScript("record", "#!/bin/sh\n", mode: 0o777) }
        #expect(shown["state"] as? String == "refused")
        #expect(reason(shown).contains("writable"))
    }

    @Test func `one that is not executable is refused`() async throws {
        let shown = try await outcome(state: "refused") { try $0.addScript("record", "#!/bin/sh\n", mode: 0o644) }
        #expect(shown["state"] as? String == "refused")
    }

    @Test func `a link that leaves the folder is refused`() async throws {
        let shown = try await outcome(state: "refused") { home in
            symlink("/bin/true", home.path + "/active-response/bin/record")
        }
        #expect(shown["state"] as? String == "refused")
    }

    @Test func `one that fails says so with status and output`() async throws {
        let shown = try await outcome(state: "finished") {
            try $0.addScript("record", "#!/bin/sh\necho no such luck\nexit 3\n")
        }
        #expect(shown["state"] as? String == "failed")
        #expect(shown["exit_status"] as? Int == 3)
        #expect((shown["output"] as? String)?.contains("no such luck") == true)
    }

    @Test func `one that never ends is ended with its whole group`() async throws {
        let shown = try await outcome(of: "<exec_timeout>1s</exec_timeout>", state: "failed") {
            try $0.addScript("record", "#!/bin/sh\nsleep 600 &\necho $! >child\nsleep 600\n")
        }
        #expect(shown["state"] as? String == "failed")
        #expect(reason(shown).contains("1 s"))
    }
}
