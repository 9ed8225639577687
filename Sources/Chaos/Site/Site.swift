import ChaosChecking
import Foundation
import TestSupport

/// A manager, its agents with a link each, the source and the recording, all below one folder.
final class Site {
    struct Member {
        let program: Program
        let link: LinkProxy
    }

    let folder: String
    let manager: Program
    private(set) var agents: [Member] = []
    let writer: AlertWriter
    /// Whether the manager's home is a small file system of its own, which can be filled.
    let hasOwnDisk: Bool
    private let port: Int

    var recording: String { folder + "/recording" }

    /// Lays out the manager's home.
    ///
    /// - Parameter hasOwnDisk: whether to mount a file system for it; only in a mount namespace of our own.
    init(stream: AlertStream, hasOwnDisk: Bool) throws {
        var template = Array("/tmp/edr-chaos-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NotSeen("no folder for the drill: \(errno)") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        port = try freePort()
        let home = folder + "/manager"
        try Self.makeFolders([home, folder + "/source"])
        self.hasOwnDisk = hasOwnDisk
        if hasOwnDisk { try OwnDisk.mount(home) }
        manager = Program("edr-manager", agent: "000", home: home)
        writer = try AlertWriter(path: folder + "/source/alerts.json", stream: stream)
        try prepare(home)
        try """
        <edr_config>
          <remote><port>\(port)</port><local_ip>127.0.0.1</local_ip></remote>
          <alert_source><type>file</type><format>wazuh</format><location>\(writer.path)</location></alert_source>
        </edr_config>
        <ossec_config>
        \(AlertStream.policy)
        </ossec_config>

        """.write(toFile: home + "/etc/edr-manager.conf", atomically: false, encoding: .utf8)
    }

    /// Starts the manager, enrolls the agents through their links and starts them.
    func start(agents count: Int) async throws {
        try manager.start()
        try await manager.wait(for: "Manager is ready")
        for number in 0..<count {
            let (id, name) = (AlertStream.agentID(number), AlertStream.agentName(number))
            let home = "\(folder)/\(name)"
            try prepare(home)
            let link = try LinkProxy(to: port)
            let token = try control("enroll", "token", "--id", id, "--name", name)
            let result = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", home, "--enroll", "-", "--manager", "127.0.0.1:\(link.port)", "--name", name],
                input: token)
            guard result.status == 0 else { throw NotSeen("enrollment failed: \(result.errors)") }
            let agent = Program("edr-agent", agent: id, home: home)
            try agent.start()
            try await agent.wait(for: "Connected to the manager")
            agents.append(Member(program: agent, link: link))
        }
    }

    /// Runs `edr-control` to its end; its output.
    @discardableResult
    func control(_ arguments: String...) throws -> String {
        let result = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control", ["--home", manager.home] + arguments)
        guard result.status == 0 else { throw NotSeen("edr-control failed: \(result.errors)") }
        return result.output
    }

    /// Stops everything in order.
    func stop() async {
        for agent in agents { await agent.program.stop() }
        await manager.stop()
    }

    /// Keeps what lies on the manager's own disk, which ends with this program.
    func keepEvidence() {
        guard hasOwnDisk else { return }
        _ = try? ShellCommand.run("/bin/cp", ["-a", manager.home, folder + "/manager-kept"])
    }

    func remove() {
        if hasOwnDisk { OwnDisk.unmount(manager.home) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func prepare(_ home: String) throws {
        try Self.makeFolders([home + "/etc", home + "/active-response/bin"])
        let script = home + "/active-response/bin/record"
        try "#!/bin/sh\nexec '\(DaemonProcess.binaries)/ChaosRecorder' '\(recording)' 40\n"
            .write(toFile: script, atomically: false, encoding: .utf8)
        guard chmod(script, 0o755) == 0 else { throw NotSeen("cannot make \(script) executable: \(errno)") }
    }

    private static func makeFolders(_ paths: [String]) throws {
        for path in paths { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    }
}
