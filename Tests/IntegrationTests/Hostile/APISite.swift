import Foundation
import TLS
import TestSupport

/// A running manager that serves its control API over TLS, and tokens for it.
final class APISite: Sendable {
    let fleet: Fleet
    let manager: DaemonProcess
    let port: Int

    /// - Parameter options: what else stands in `<api>`.
    init(_ options: String = "") async throws {
        fleet = try Fleet(policy: policy(level: 16))
        port = try freePort()
        try FileManager.default.createDirectory(
            atPath: fleet.managerHome.path + "/etc/conf.d", withIntermediateDirectories: false)
        try fleet.managerHome.write(
            "<edr_config><api><port>\(port)</port><local_ip>127.0.0.1</local_ip>\(options)</api></edr_config>",
            to: "etc/conf.d/api.conf")
        manager = try await fleet.startManager()
    }

    var authorityFile: String { fleet.managerHome.path + "/etc/tls/ca.pem" }

    /// Makes a token; the path of its file.
    func token(_ role: String, name: String? = nil, ttl: String = "1h") throws -> String {
        let file = fleet.managerHome.path + "/\(name ?? role).token"
        let made = try fleet.control(
            "api-token", "create", "--name", name ?? role, "--role", role, "--ttl", ttl, "--output", file)
        guard made.status == 0 else { throw NotSeen("no token: \(made.errors)") }
        return file
    }

    /// Runs `edr-control` over TLS to its end.
    func control(_ tokenFile: String, _ arguments: String..., ca: String? = nil) throws -> CommandResult {
        try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control",
            ["--url", "https://127.0.0.1:\(port)", "--token-file", tokenFile, "--ca", ca ?? authorityFile] + arguments)
    }

    /// Runs curl with these arguments; its output ends with the status.
    func curl(_ path: String, _ arguments: String...) throws -> CommandResult {
        try ShellCommand.run(
            "/usr/bin/curl",
            [
                "-s", "-i", "-w", "\n%{http_code}", "--cacert", authorityFile, "--resolve",
                "edr-manager:\(port):127.0.0.1",
            ] + arguments + ["https://edr-manager:\(port)\(path)"])
    }

    /// Begins a connection without any token.
    func connect() async throws -> TLSPeer {
        let peer = try await TLSPeer.connect(
            .controlClient(authorities: [Certificate(file: authorityFile)]), port: port)
        await peer.handshake()
        return peer
    }

    func text(of tokenFile: String) throws -> String {
        try String(contentsOfFile: tokenFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
