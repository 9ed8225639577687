import Foundation
import Testing

@testable import Control

/// Which request each verb makes.
@Suite("Requests")
struct RequestTests {
    private func request(_ arguments: [String]) async throws -> FakeManager.Request {
        let run = try await ControlRun.of(arguments + ["-o", "json"], answer: "{}")
        #expect(run.status == 0, "\(run.errors)")
        return try #require(run.requests.first)
    }

    @Test(arguments: [
        (["status"], "GET", "/v1/status"),
        (["agents", "list"], "GET", "/v1/agents"),
        (["agents", "show", "web1"], "GET", "/v1/agents/web1"),
        (["agents", "remove", "001"], "DELETE", "/v1/agents/001"),
        (["responses", "list"], "GET", "/v1/responses?limit=100"),
        (
            ["responses", "list", "--agent", "001", "--state", "active", "--limit", "5"], "GET",
            "/v1/responses?agent=001&state=active&limit=5"
        ),
        (["responses", "show", "abcdef"], "GET", "/v1/responses/abcdef"),
        (["responses", "undo", "abcdef"], "POST", "/v1/responses/abcdef/undo"),
        (["responses", "cancel", "abcdef"], "POST", "/v1/responses/abcdef/cancel"),
        (["responses", "approve", "abcdef"], "POST", "/v1/responses/abcdef/approve"),
        (["responses", "deny", "abcdef"], "POST", "/v1/responses/abcdef/deny"),
        (["stop-all"], "POST", "/v1/stop"),
        (["resume"], "POST", "/v1/resume"),
        (["undo-all"], "POST", "/v1/undo"),
        (["send", "kill", "--agent", "001", "--pid", "5"], "POST", "/v1/actions"),
        (["changes"], "GET", "/v1/changes?limit=100"),
        (["reload"], "POST", "/v1/reload"),
    ])
    func `a verb asks for its resource`(_ arguments: [String], _ method: String, _ target: String) async throws {
        let request = try await request(arguments)
        #expect(request.method == method)
        #expect(request.target == target)
    }

    @Test func `a token is asked for with its limits`() async throws {
        let plain = try await request(["enroll", "token"])
        #expect(plain.target == "/v1/enrollment-tokens")
        #expect(plain.body == #"{"ttl_seconds":3600,"uses":1}"#)
        let full = try await request(
            ["enroll", "token", "--id", "007", "--name", "web1", "--ttl", "2d", "--uses", "3"])
        #expect(full.body == #"{"id":"007","name":"web1","ttl_seconds":172800,"uses":3}"#)
    }

    @Test func `a command takes everything after the dashes as it is`() async throws {
        let short = try await request(["run", "restart", "--agent", "all"])
        #expect(short.target == "/v1/commands")
        // Who runs the tests, where the environment says so.
        let by = ByHandOptions.person.map { #""by":"\#($0)","# } ?? ""
        #expect(short.body == #"{"agent":"all",\#(by)"command":"restart"}"#)
        // Options of the test stand before the verb: after the dashes they would be arguments.
        let run = try await ControlRun.of(
            [
                "-o", "json", "run", "firewall-drop", "--agent", "001", "--srcip", "203.0.113.7", "--user", "root",
                "--filename", "/etc/passwd", "--timeout", "10m", "--", "-o", "human", "$x; y",
            ], answer: "{}")
        #expect(
            run.requests.map(\.body) == [
                #"{"agent":"001","arguments":["-o","human","$x; y"],\#(by)"command":"firewall-drop","#
                    + #""filename":"/etc/passwd","srcip":"203.0.113.7","timeout_seconds":600,"user":"root"}"#
            ])
        #expect(run.output == "{}\n")
    }

    @Test func `an alert is sent as it is in its file`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "alert-\(UUID().uuidString).json")
        let alert = #"{"id": "1.2", "rule": {"level": 7}}"#
        try Data(alert.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let request = try await request(["alerts", "test", file.path])
        #expect(request == FakeManager.Request(method: "POST", target: "/v1/alerts/test", body: alert))

        let missing = await ControlRun.of(["alerts", "test", "/nonexistent/alert.json"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("\"/nonexistent/alert.json\""))
    }

    @Test(arguments: [
        ("90", 90), ("10s", 10), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1w", 604_800), ("0", 0),
    ])
    func `a time is seconds or has a unit`(_ text: String, _ seconds: Int) {
        #expect(SecondsArgument(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "m", "1y", "1h30m", "-1", "1.5h", " 1", "9999999999999999999", "9999999999999999w", "٣"])
    func `anything else is no time`(_ text: String) {
        #expect(SecondsArgument(argument: text) == nil)
    }

    @Test(arguments: [(3_600, "1h"), (5_400, "90m"), (86_400, "1d"), (604_800, "1w"), (61, "61s"), (0, "0s")])
    func `a time is shown in its largest whole unit`(_ seconds: Int, _ text: String) {
        #expect(SecondsArgument(seconds: seconds).description == text)
    }

    @Test func `alerts process sends the newest lines of a file, or asks for those of the sources`() async throws {
        let file = "/tmp/control-\(UUID().uuidString.prefix(8)).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "1\n2\n\n3\n4".write(toFile: file, atomically: true, encoding: .utf8)
        let answer = #"{"failed": 0, "details": []}"#
        let given = try await ControlRun.of(["alerts", "process", file, "--limit", "2", "--dry-run"], answer: answer)
        #expect(given.status == 0, "\(given.errors)")
        #expect(
            given.requests == [
                .init(
                    method: "POST", target: "/v1/alerts/process?limit=2&dry_run=true&reprocess=false", body: "3\n4")
            ])
        let sources = try await ControlRun.of(["alerts", "process", "--reprocess"], answer: answer)
        #expect(
            sources.requests.map(\.target) == ["/v1/alerts/process?limit=20&dry_run=false&reprocess=true&sources=true"])
        let failed = try await ControlRun.of(
            ["alerts", "process"], answer: #"{"failed": 1, "details": [{"status": "failed"}, {}]}"#)
        #expect(failed.status == 1)
        #expect(failed.errors == "edr-control: 1 of 2 alerts failed\n")
        #expect(failed.output.hasPrefix("{\n  \"details\" : ["))
    }
}
