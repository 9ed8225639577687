import Foundation

/// A manager and its agents as real processes in temporary homes on 127.0.0.1.
package final class Fleet: Sendable {
    package let managerHome: TemporaryHome
    package let port: Int
    /// The file of alerts that the manager follows.
    package let alerts: String
    private let format: String

    /// Prepares a manager's home.
    ///
    /// - Parameters:
    ///   - policy: what stands in the configuration beside `<remote>` and `<alert_source>`, as XML.
    ///   - format: whose alerts are in the file.
    package init(policy: String, format: String = "wazuh") throws {
        self.format = format
        managerHome = try TemporaryHome()
        port = try freePort()
        alerts = managerHome.path + "/alerts.json"
        try managerHome.write("", to: "alerts.json")
        try configure(policy: policy)
    }

    /// Writes the manager's configuration.
    package func configure(policy: String) throws {
        try listen(on: "127.0.0.1", policy: policy)
    }

    /// Writes the manager's configuration with another address on which agents are awaited.
    package func listen(on address: String, policy: String) throws {
        try managerHome.write(
            """
            <edr_config>
              <remote><port>\(port)</port><local_ip>\(address)</local_ip></remote>
              <alert_source><type>file</type><format>\(format)</format><location>\(alerts)</location></alert_source>
            </edr_config>
            <ossec_config>
            \(policy)
            </ossec_config>

            """, to: "etc/edr-manager.conf")
    }

    /// Starts the manager and waits until it serves.
    package func startManager() async throws -> DaemonProcess {
        let manager = try DaemonProcess("edr-manager", ["--home", managerHome.path])
        try await manager.line(containing: "Manager is ready")
        return manager
    }

    /// Runs `edr-control` to its end.
    @discardableResult
    package func control(_ arguments: String..., input: String? = nil) throws -> CommandResult {
        try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control", ["--home", managerHome.path] + arguments, input: input ?? "")
    }

    /// Runs `edr-control -o json` and reads its document.
    package func controlJSON(_ arguments: String..., input: String? = nil) throws -> Any {
        let result = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control", ["--home", managerHome.path, "-o", "json"] + arguments,
            input: input ?? "")
        guard result.status == 0 else { throw NotSeen("edr-control failed: \(result.output) \(result.errors)") }
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    }

    /// Enrolls an agent in a home of its own.
    package func enrollAgent(named name: String) throws -> TemporaryHome {
        let home = try TemporaryHome()
        let token = try control("enroll", "token").output.trimmingCharacters(in: .whitespacesAndNewlines)
        let enrolled = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-agent",
            ["--home", home.path, "--enroll", "-", "--manager", "127.0.0.1:\(port)", "--name", name],
            input: token + "\n")
        guard enrolled.status == 0 else { throw NotSeen("enrollment failed: \(enrolled.errors)") }
        return home
    }

    /// Starts an enrolled agent and waits until it is connected.
    package func startAgent(_ home: TemporaryHome) async throws -> DaemonProcess {
        let agent = try DaemonProcess("edr-agent", ["--home", home.path])
        try await agent.line(containing: "Connected to the manager")
        return agent
    }

    /// Appends a line to the followed file in one write.
    package func append(alert line: String) throws {
        let descriptor = open(alerts, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw NotSeen("cannot append an alert") }
    }

    /// A Wazuh alert about an ssh brute force, in one line.
    package static func alert(
        id: String = "1744557901.918273", agent: String = "web-03", agentID: String = "001",
        srcip: String = "198.51.100.77", level: Int = 10, rule: String = "5712",
        timestamp: String = "2025-04-13T15:25:01.482+0000"
    ) -> String {
        """
        {"timestamp":"\(timestamp)","rule":{"level":\(level),"description":"sshd: brute force","id":"\(rule)",\
        "groups":["syslog","sshd","authentication_failures"],"pci_dss":["11.4"]},"agent":{"id":"\(agentID)",\
        "name":"\(agent)","ip":"192.0.2.13"},"manager":{"name":"soc-mgr"},"id":"\(id)","full_log":"Failed password",\
        "decoder":{"name":"sshd"},"data":{"srcip":"\(srcip)","srcuser":"admin"},"location":"/var/log/auth.log"}
        """
    }
}
