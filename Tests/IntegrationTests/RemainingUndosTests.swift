import TestSupport
import Testing

/// An agent that cannot run any more, with responses in force.
@Suite struct `An agent that cannot run` {
    private func breakConfiguration(_ home: TemporaryHome) throws {
        try home.write("<edr_config><client><servr/></client></edr_config>\n", to: "etc/edr-agent.conf")
    }

    private func release(_ home: TemporaryHome) throws -> CommandResult {
        try ShellCommand.run(DaemonProcess.binaries + "/edr-agent", ["--home", home.path, "--release"])
    }

    /// Waits until its socket can be connected to: that is a moment later than it says that it is there, and until then
    /// it does not listen to signals either.
    private func listens(_ home: TemporaryHome) async throws {
        for _ in 0..<600 {
            let sockets = try ShellCommand.run("/bin/sh", ["-c", "grep -F \(home.path)/run/agent.sock /proc/net/unix"])
            // The flags of one that listens.
            if sockets.output.contains(" 00010000 ") { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotSeen("the socket for a release")
    }

    @Test(arguments: [false, true])
    func `still undoes in time, and then ends as before`(isEnrolled: Bool) async throws {
        let fleet = try Fleet(policy: policy(timeout: 15))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        var agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        await agent.stop()
        if isEnrolled { try breakConfiguration(home) } else { try home.write("", to: "etc/tls/agent.pem") }
        // Checking the configuration undoes nothing and waits for nothing.
        if isEnrolled {
            let check = try ShellCommand.run(DaemonProcess.binaries + "/edr-agent", ["--home", home.path, "-t"])
            #expect(check.status == 78)
        }
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
        #expect(await agent.status() == 78)
        #expect(home.record.map { $0.prefix(4) } == ["add ", "dele"])
        // Nothing is left: it ends at once.
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
        #expect(await agent.status() == 78)
        #expect(home.record.count == 2)
        await manager.stop()
    }

    @Test func `is released by hand, and can be told to stop`() async throws {
        let fleet = try Fleet(policy: policy(timeout: 600))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("record", "#!/bin/sh\n# edr: confirm\nprintf '%s\\n' \"$*\" >>record\n")
        var agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        await agent.stop()
        try breakConfiguration(home)
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
        try await FileLines.first(in: home.path + "/logs/edr-agent.log", containing: "Agent cannot run until")
        try await listens(home)
        #expect(await agent.stop() == 1)
        #expect(home.record.count == 1)
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
        try await FileLines.count(2, in: home.path + "/logs/edr-agent.log", containing: "Agent cannot run until")
        try await listens(home)
        let released = try release(home)
        #expect(released.status == 0 && released.output.contains("was undone"), "\(released)")
        #expect(await agent.status() == 78)
        #expect(home.record.map { $0.prefix(4) } == ["add ", "dele"])
        await manager.stop()
    }
}
