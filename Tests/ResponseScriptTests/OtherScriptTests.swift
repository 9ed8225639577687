import Foundation
import TestSupport
import Testing

@Suite struct `ip-customblock` {
    let script = ResponseScript(name: "ip-customblock")

    func run(_ action: String, _ ip: String, _ folder: String) throws -> CommandResult {
        try ShellCommand.run(
            script.path, script.arguments(action, ip: ip, extra: [folder]), environment: ResponseScript.environment())
    }

    @Test func `an address is a file until it is released`() throws {
        let parent = try TemporaryFolder()
        let folder = parent.path + "/blocked"
        for _ in 0..<2 {
            for ip in ["203.0.113.1", "2001:DB8::1"] { #expect(try run("add", ip, folder).status == 0) }
        }
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == ["203.0.113.1", "2001:db8::1"])
        for _ in 0..<2 { #expect(try run("delete", "203.0.113.1", folder).status == 0) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["2001:db8::1"])
    }

    @Test func `a link that waits there is not written through`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/203.0.113.1", withDestinationPath: folder.path + "/elsewhere")
        #expect(try run("add", "203.0.113.1", folder.path).status == 1)
        #expect(folder.text(of: "elsewhere") == nil)
    }

    @Test(arguments: ["blocked", "/tmp/../etc", "/tmp//x", "/proc/no/such"])
    func `a folder that is none is refused`(folder: String) throws {
        let result = try run("add", "203.0.113.1", folder)
        #expect(result.status == 1)
    }
}

@Suite struct `restart-edr` {
    let script = ResponseScript(name: "restart-edr")

    func run(_ systemctl: String, _ extra: [String]) throws -> (CommandResult, [String]) {
        let programs = try FakePrograms(["systemctl": systemctl])
        let result = try ShellCommand.run(
            script.path, script.arguments("add", extra: extra), environment: programs.environment())
        return (result, programs.calls())
    }

    @Test(arguments: [(["agent"], "edr-agent"), (["manager"], "edr-manager"), ([], "edr-agent")])
    func `systemd is asked once`(extra: [String], daemon: String) throws {
        let (result, calls) = try run("exit 0", extra)
        #expect(result.status == 0, "\(result)")
        #expect(calls.last == "systemctl [--no-block] [restart] [\(daemon).service]")
        #expect(calls.filter { $0.contains("restart") }.count == 1)
    }

    @Test func `the daemon that runs the script is meant`() throws {
        let installed = try TemporaryFolder()
        _ = try ShellCommand.run("/bin/cp", ["/bin/bash", installed.path + "/edr-manager"])
        let programs = try FakePrograms(["systemctl": "exit 0"])
        let result = try ShellCommand.run(
            installed.path + "/edr-manager", ["-c", "\"$0\" \"$@\"; exit $?", script.path] + script.arguments("add"),
            environment: programs.environment())
        #expect(result.status == 0, "\(result)")
        #expect(programs.calls().last == "systemctl [--no-block] [restart] [edr-manager.service]")
    }

    @Test func `a service that is not there, or that systemd refuses, makes it fail`() throws {
        let (absent, calls) = try run("exit 3", ["agent"])
        #expect(absent.status == 1)
        #expect(absent.errors.contains("is not active"))
        #expect(!calls.contains { $0.contains("restart") })
        let (refused, _) = try run("case $* in *restart*) echo 'Access denied' >&2; exit 1 ;; esac", ["agent"])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("Access denied"))
        let (unknown, none) = try run("exit 0", ["sshd"])
        #expect(unknown.status == 1 && none.isEmpty)
    }

    @Test func `there is nothing to undo`() throws {
        let programs = try FakePrograms(["systemctl": "exit 0"])
        let result = try ShellCommand.run(
            script.path, script.arguments("delete"), environment: programs.environment())
        #expect(result.status == 0)
        #expect(programs.calls() == [])
    }
}
