import Foundation
import Testing
import TestSupport

/// The manager as `etc/systemd/edr-manager.service.d/unprivileged.conf` runs it.
@Suite(.timeLimit(.minutes(5))) struct `An unprivileged manager` {
    /// Only root can become somebody else, who must be able to read the programs.
    private static var isPossible: Bool {
        guard geteuid() == 0 else { return false }
        let looked = try? ShellCommand.run(
            "/usr/bin/setpriv",
            Array(DaemonProcess.asNobody.dropFirst()) + [
                "/usr/bin/test", "-x", DaemonProcess.binaries + "/edr-manager",
            ])
        return looked?.status == 0
    }

    @Test(
        .enabled(
            if: isPossible, "needs root, and programs that anybody may read: some folder above them is closed to others"
        ))
    func `follows alerts, orders, hears what came of it and keeps its secrets to itself`() async throws {
        let fleet = try Fleet(
            policy: """
                <command><name>block</name><executable>block</executable><timeout_allowed>yes</timeout_allowed></command>
                <active-response>
                  <command>block</command><location>local</location><level>7</level><timeout>1</timeout>
                </active-response>
                """)
        let path = fleet.managerHome.path
        #expect(try ShellCommand.run("/bin/chown", ["-R", "65534:65534", path]).status == 0)
        let manager = try DaemonProcess("edr-manager", ["--home", path], launcher: DaemonProcess.asNobody)
        try await manager.line(containing: "Manager is ready")
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("block", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>record\n")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await FileLines.first(in: home.path + "/record", containing: "delete")
        try await manager.line(containing: "Response event", "state=undone")
        let secrets = try ShellCommand.run(
            "/usr/bin/find", [path, "-type", "f", "(", "-name", "*key*", "-o", "-name", "*.db*", ")", "-perm", "/077"])
        #expect(secrets.output == "")
        await agent.stop()
        await manager.stop()
    }
}
