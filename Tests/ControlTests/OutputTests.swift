import Foundation
import Testing

@testable import Control

/// What people and programs get to see.
@Suite("Output")
struct OutputTests {
    private static let agents =
        #"[{"id":"001","name":"web1","ip":"192.0.2.1","status":"active","last_seen":"2026-11-21T03:58:35.123Z","#
        + #""version":"0.1.0"},{"id":"012","name":"a-long-name","ip":null,"status":"never_connected","#
        + #""last_seen":null,"version":null}]"#

    @Test func `a table is aligned and shows what is missing as a dash`() async throws {
        let run = try await ControlRun.of(["agents", "list"], answer: Self.agents)
        #expect(
            run.output == """
                ID   NAME         IP         STATUS           LAST SEEN                VERSION
                001  web1         192.0.2.1  active           2026-11-21 03:58:35.123  0.1.0
                012  a-long-name  -          never_connected  -                        -

                """)
    }

    @Test(arguments: [
        ["-o", "json", "agents", "list"], ["agents", "list", "-o", "json"], ["agents", "-o", "json", "list"],
    ])
    func `json is the document of the API as it is, wherever the option stands`(_ arguments: [String]) async throws {
        let run = try await ControlRun.of(arguments, answer: Self.agents + "\n\n")
        #expect(run.status == 0)
        #expect(run.output == Self.agents + "\n")
    }

    @Test func `a token stands alone on standard output`() async throws {
        let run = try await ControlRun.of(
            ["enroll", "token"],
            answer: #"{"token":"edr1.abc","id":null,"name":null,"expires":"2026-11-21T04:58:35.123Z","uses":1}"#)
        #expect(run.output == "edr1.abc\n")
        #expect(run.errors.isEmpty)
    }

    @Test func `a list shows the beginning of each id`() async throws {
        let run = try await ControlRun.of(
            ["responses", "list"],
            answer: #"[{"id":"0123456789abcdef0123456789abcdef","state":"active","command":"firewall-drop","#
                + #""active_response":"firewall-drop#1","agent":"001","alert_id":"1.2","rule_id":"5710","user":null,"#
                + #""srcip":"203.0.113.7","created":"2026-11-21T03:58:35.123Z","undo_due":"2026-11-21T04:08:35.123Z"}]"#
        )
        #expect(
            run.output == """
                ID            CREATED                  STATE   COMMAND        AGENT  RULE  USER  SRCIP        UNDO DUE
                0123456789ab  2026-11-21 03:58:35.123  active  firewall-drop  001    5710  -     203.0.113.7  2026-11-21 04:08:35.123

                """)
    }

    @Test func `show tells the story of a response`() async throws {
        let run = try await ControlRun.of(
            ["responses", "show", "012345"],
            answer: #"{"id":"0123456789abcdef0123456789abcdef","state":"undone","command":"firewall-drop","#
                + #""active_response":"firewall-drop#1","agent":"001","alert_id":"1.2","rule_id":"5710","user":null,"#
                + #""srcip":"203.0.113.7","created":"2026-11-21T03:58:35.123Z","undo_due":null,"exit_status":0,"#
                + #""duration_ms":12,"output":"blocked\n\u001b[2Jgone\n","timeline":["#
                + #"{"at":"2026-11-21T03:58:35.123Z","event":"decided","detail":"rule 5710, level 7"},"#
                + #"{"at":"2026-11-21T03:58:35.125Z","event":"started","detail":""},"#
                + #"{"at":"2026-11-21T03:58:45.130Z","event":"undone","detail":"by root"}]}"#)
        #expect(
            run.output == """
                id               0123456789abcdef0123456789abcdef
                state            undone
                command          firewall-drop
                active response  firewall-drop#1
                agent            001
                alert            1.2
                rule             5710
                srcip            203.0.113.7
                created          2026-11-21 03:58:35.123
                exit status      0
                duration         12 ms

                TIME                     SINCE     EVENT    DETAIL
                2026-11-21 03:58:35.123  0 ms      decided  rule 5710, level 7
                2026-11-21 03:58:35.125  2 ms      started  -
                2026-11-21 03:58:45.130  10.007 s  undone   by root

                output:
                  blocked
                  \\u{1b}[2Jgone

                """)
    }

    @Test func `a test of an alert shows each response with its reason`() async throws {
        let file = "/dev/null"
        let run = try await ControlRun.of(
            ["alerts", "test", file],
            answer: #"{"alert_id":"1.2","responses":[{"active_response":"a#1","command":"a","location":"local","#
                + #""fires":true,"agents":["001","002"],"reason":"rule 5710"},{"active_response":"b","command":"b","#
                + #""location":"server","fires":false,"agents":[],"reason":"level 3 is below 7"}]}"#)
        #expect(
            run.output == """
                alert 1.2

                ACTIVE RESPONSE  COMMAND  LOCATION  FIRES  AGENTS   REASON
                a#1              a        local     yes    001,002  rule 5710
                b                b        server    no     -        level 3 is below 7

                """)
    }

    @Test func `the status shows agents, responses, queues and sources`() async throws {
        let run = try await ControlRun.of(
            ["status"],
            answer: #"{"version":"0.1.0","uptime_seconds":93784,"agents":{"active":2,"never_connected":1},"#
                + #""sources":[{"name":"alerts.json","read":10,"decided":9,"fired":2,"skipped":7,"#
                + #""invalid":1,"problem":"Permission denied"}],"dispatches":{"undo_failed":1,"active":2},"queues":{"ledger":0,"delivery":3},"#
                + #""ledger":{"size_bytes":1468007,"max_bytes":2147483648,"keep_seconds":2592000,"problem":"too large"}}"#
        )
        #expect(
            run.output == """
                version    0.1.0
                uptime     1d 2h 3m
                agents     2 active, 0 disconnected, 1 never connected
                responses  2 active, 1 undo_failed
                queues     3 delivery, 0 ledger
                ledger     1.4 MiB of 2 GiB, kept for 30d

                SOURCE       READ  DECIDED  FIRED  SKIPPED  INVALID
                alerts.json  10    9        2      7        1

                problem with the ledger: too large
                problem with alerts.json: Permission denied

                """)
    }

    @Test func `changes say what became of the response`() async throws {
        let undo = try await ControlRun.of(
            ["responses", "undo", "012345"],
            answer: #"{"id":"0123456789abcdef0123456789abcdef","state":"undoing","command":"c","agent":"001","#
                + #""created":"2026-11-21T03:58:35.123Z"}"#)
        #expect(undo.output == "response 0123456789abcdef0123456789abcdef is undoing\n")
        for (status, words) in [("active", "does it now"), ("disconnected", "is not connected; the undo waits")] {
            let asked = try await ControlRun.of(
                ["responses", "undo", "012345"],
                answer: #"{"id":"012345","state":"active","command":"c","agent":"001","undo_requested_by":"root","#
                    + #""agent_status":"\#(status)","created":"2026-11-21T03:58:35.123Z"}"#)
            #expect(asked.output.hasPrefix("undo of response 012345 requested: agent 001 \(words)"))
        }
        let removal = try await ControlRun.of(["agents", "remove", "web1"], answer: #"{"id":"001","removed":true}"#)
        #expect(removal.output == "agent 001 removed\n")
        let started = try await ControlRun.of(
            ["run", "restart", "--agent", "all"], answer: #"{"responses":[{"id":"ab","agent":"001"}]}"#)
        #expect(started.output == "RESPONSE  AGENT  STATE\nab        001    -\n")
    }

    @Test func `a stop is the first thing that the status shows`() async throws {
        let run = try await ControlRun.of(
            ["status"],
            answer: #"{"version":"0.1.0","uptime_seconds":5,"agents":{},"sources":[],"dispatches":{},"queues":{},"#
                + #""stopped":{"at":"2026-11-21T03:58:35.123Z","by":"uid 0 (root)","reason":"a\u001bb"}}"#)
        #expect(
            run.output.hasPrefix(
                "STOPPED since 2026-11-21 03:58:35.123 by uid 0 (root): a\\u{1b}b\nnothing new runs until"))
    }

    @Test func `a list of held responses says why, until when, and what then`() async throws {
        let run = try await ControlRun.of(
            ["responses", "list", "--state", "held"],
            answer: #"[{"id":"0123456789abcdef","state":"held","command":"c","agent":"001","rule_id":"1","#
                + #""created":"2026-11-21T03:58:35.123Z","held_reason":"too many","held_default":"deny","#
                + #""held_until":"2026-11-21T04:58:35.123Z"}]"#)
        #expect(
            run.output == """
                ID            CREATED                  STATE  COMMAND  AGENT  RULE  USER  SRCIP  UNTIL                    THEN  WHY
                0123456789ab  2026-11-21 03:58:35.123  held   c        001    1     -     -      2026-11-21 04:58:35.123  deny  too many

                """)
    }

    @Test func `several answers are one list, and a failure is one of the whole`() async throws {
        let answer = #"{"id":"ab","state":"queued","command":"c","agent":"001","created":"2026-11-21T03:58:35.123Z"}"#
        let both = try await ControlRun.of(["responses", "approve", "abcdef", "123456"], answer: answer)
        #expect(both.output == "response ab is queued\nresponse ab is queued\n")
        let json = try await ControlRun.of(["responses", "deny", "abcdef", "-o", "json"], answer: answer)
        #expect(json.output == "[\(answer)]\n")
        let failed = try await ControlRun.of(
            ["responses", "approve", "abcdef", "123456"], status: 409, answer: #"{"error":"not held"}"#)
        #expect(failed.status == 1)
        #expect(failed.errors == "edr-control: not held\nedr-control: not held\n")
    }

    @Test func `a token comes alone, and what is to be minded beside it`() async throws {
        let run = try await ControlRun.of(
            ["enroll", "token", "--name", "web1"], answer: #"{"token":"abc","warning":"agent 001 exists"}"#)
        #expect(run.output == "abc\n")
        #expect(run.errors == "edr-control: warning: agent 001 exists\n")
    }

    @Test func `nothing from outside steers the terminal`() {
        var table = Table(["A"])
        table.add(["x\u{1B}[31m\n\r\t\u{9B}\u{202E}y"])
        #expect(table.text == #"A"# + "\n" + #"x\u{1b}[31m\u{a}\u{d}\u{9}\u{9b}\u{202e}y"#)
        #expect(Terminal.safe("Grüße, 世界") == "Grüße, 世界")
        #expect(Terminal.safeLines("a\n\tb\r") == "a\n\tb\\u{d}")
    }

    @Test(arguments: [(0, "0s"), (59, "59s"), (3_600, "1h"), (3_661, "1h 1m 1s"), (90_061, "1d 1h 1m")])
    func `a span has its largest units`(_ seconds: Int, _ text: String) {
        #expect(Span.text(seconds: seconds) == text)
    }

    @Test func `a time that is none is shown as it is`() {
        let times = LocalTime(timeZone: .gmt)
        #expect(times.text("soon") == "soon")
        #expect(times.text(nil) == nil)
        #expect(LocalTime.milliseconds(from: "soon", to: "2026-11-21T03:58:35.123Z") == nil)
    }
}
