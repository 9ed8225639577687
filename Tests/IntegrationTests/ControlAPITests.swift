import Foundation
import TestSupport
import Testing

/// What the control API refuses and what it warns about.
@Suite struct `Control API` {
    @Test func `a body beyond the limit is answered with 413 and the limit`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        for (path, mebibytes) in [("/v1/alerts", 64), ("/v1/alerts/test", 1), ("/v1/commands", 1)] {
            let body = fleet.managerHome.path + "/body"
            #expect(FileManager.default.createFile(atPath: body, contents: nil))
            #expect(truncate(body, (mebibytes << 20) + 1) == 0)
            let answer = try ShellCommand.run(
                "/usr/bin/curl",
                [
                    "-s", "-w", "%{http_code}", "--unix-socket", fleet.managerHome.path + "/run/manager.sock",
                    "--data-binary", "@" + body, "http://localhost" + path,
                ])
            #expect(answer.output.hasSuffix("413"))
            #expect(answer.output.contains("more than \(mebibytes) MiB"))
        }
        await manager.stop()
    }

    @Test func `a token for one agent is used once, and one that takes an agent's place says so`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")
        for option in ["--id", "--name"] {
            let many = try fleet.control("enroll", "token", option, "010", "--uses", "3")
            #expect(many.status == 1 && many.errors.contains("belongs to one agent"))
        }
        #expect(try fleet.control("enroll", "token", "--id", "010", "--name", "db-01").errors == "")
        #expect(try fleet.control("enroll", "token", "--uses", "3").errors == "")
        for arguments in [["--name", "WEB-03"], ["--id", "001"], ["--id", "001", "--name", "web-03"]] {
            let taken = try fleet.token(arguments)
            #expect(taken.status == 0 && taken.errors.contains("takes its place"))
        }
        #expect(try fleet.token(["--id", "002", "--name", "web-03"]).errors.contains("is refused until"))
        await manager.stop()
    }

    @Test func `a reload says what needs a restart`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        #expect(try fleet.control("reload").output == "configuration reloaded\n")
        try FileManager.default.createDirectory(
            atPath: fleet.managerHome.path + "/etc/conf.d", withIntermediateDirectories: false)
        try fleet.managerHome.write(
            "<edr_config><manager><name>other</name></manager></edr_config>", to: "etc/conf.d/name.conf")
        #expect(try fleet.control("reload").output.contains("what has changed in manager takes effect"))
        await manager.stop()
    }
}

extension Fleet {
    fileprivate func token(_ arguments: [String]) throws -> CommandResult {
        try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control",
            ["--home", managerHome.path, "enroll", "token"] + arguments, input: "")
    }
}
