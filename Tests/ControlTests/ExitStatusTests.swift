import Foundation
import NIOCore
import Testing

@testable import Control

@Suite("Exit status")
struct ExitStatusTests {
    @Test func `done is 0`() async throws {
        let run = try await ControlRun.of(["reload"], answer: #"{"reloaded":true}"#)
        #expect(run.status == 0)
        #expect(run.output == "configuration reloaded\n")
        let partly = try await ControlRun.of(
            ["reload"], answer: #"{"reloaded":true,"restart_needed_for":["remote","alert_source"]}"#)
        #expect(
            partly.output == "configuration reloaded; what has changed in remote, alert_source takes effect when "
                + "edr-manager is restarted\n")
        #expect(run.errors.isEmpty)
    }

    @Test func `an error of the API is 1 and its text is shown`() async throws {
        let run = try await ControlRun.of(
            ["agents", "show", "009"], status: 404, answer: #"{"error":"no agent \"009\""}"#)
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.errors == "edr-control: no agent \"009\"\n")
    }

    @Test func `every error of a configuration has its line`() async throws {
        let run = try await ControlRun.of(
            ["reload"], status: 422,
            answer:
                #"{"error":"the configuration is invalid","errors":["a.conf:1:2: error: x","a.conf:3:4: error: y"]}"#)
        #expect(run.status == 1)
        #expect(
            run.errors == "edr-control: the configuration is invalid\na.conf:1:2: error: x\na.conf:3:4: error: y\n")
    }

    @Test func `an error without a text is 1 and names the status`() async throws {
        let run = try await ControlRun.of(["status"], status: 503, answer: "oops")
        #expect(run.status == 1)
        #expect(run.errors.contains("503"))
    }

    @Test func `an answer that is not understood is 1`() async throws {
        let run = try await ControlRun.of(["status"], answer: #"{"version":7}"#)
        #expect(run.status == 1)
        #expect(run.errors.contains("not understood"))
    }

    @Test(arguments: [
        ["agents", "list", "--nonsense"], ["nonsense"], ["run", "firewall-drop"], ["agents", "show"],
        ["responses", "list", "--limit", "0"], ["responses", "list", "--limit", "many"], ["status", "-o", "xml"],
        ["enroll", "token", "--ttl", "soon"], ["enroll", "token", "--uses", "0"], ["agents"], [],
    ])
    func `a wrong command line is 64 and says so on standard error`(_ arguments: [String]) async {
        let run = await ControlRun.of(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("USAGE") || run.errors.contains("Usage"))
    }

    @Test(arguments: [["--version"], ["--help"], ["help", "responses"], ["responses", "--help"]])
    func `help and version are 0 on standard output`(_ arguments: [String]) async {
        let run = await ControlRun.of(arguments)
        #expect(run.status == 0)
        #expect(!run.output.isEmpty)
        #expect(run.errors.isEmpty)
    }

    @Test func `no socket is 69 and says which and what to do`() async {
        let run = await ControlRun.of(["--home", "/nonexistent/home", "status"])
        #expect(run.status == 69)
        #expect(run.errors.contains("\"/nonexistent/home/run/manager.sock\": No such file or directory"))
        #expect(run.errors.contains("start edr-manager"))
    }

    @Test func `a socket that nobody listens on is 69`() async throws {
        let home = "/tmp/control-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: home + "/run", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        try Data().write(to: URL(filePath: home + "/run/manager.sock"))
        let run = await ControlRun.of(["--home", home, "status"])
        #expect(run.status == 69)
        #expect(run.errors.contains("Connection refused"))
    }

    @Test func `a path that is too long for a socket is 69`() async {
        let run = await ControlRun.of(["--home", "/" + String(repeating: "x", count: 200), "status"])
        #expect(run.status == 69)
        #expect(run.errors.contains("too long"))
    }

    @Test func `a manager that hangs up is 69`() async throws {
        let manager = try await FakeManager.start(.close)
        let run = await ControlRun.of(["--home", manager.home, "status"])
        try await manager.stop()
        #expect(run.status == 69)
        #expect(run.errors.contains("closed the connection"))
    }
}
