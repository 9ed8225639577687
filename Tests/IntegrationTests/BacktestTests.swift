import Foundation
import TestSupport
import Testing

/// `alerts backtest` with the real program.
@Suite struct `Backtest` {
    private static let commands = """
        <command><name>ban</name><executable>ban</executable><expect>srcip</expect>
        <timeout_allowed>yes</timeout_allowed></command>
        """
    private static func response(level: Int) -> String {
        "<active-response><command>ban</command><location>local</location><level>\(level)</level>"
            + "<timeout>600</timeout></active-response>"
    }
    private static func line(_ id: Int, _ time: String, _ address: String, level: Int = 10) -> String {
        Fleet.alert(id: "\(id)", srcip: address, level: level, timestamp: "2025-04-\(time).000+0000")
    }

    /// A fleet whose home holds a candidate and two days of history, the first compressed.
    private func fleet() throws -> Fleet {
        let fleet = try Fleet(policy: Self.commands + Self.response(level: 10))
        try fleet.managerHome.write(
            "<edr_config><global><white_list>10.0.0.0/8</white_list></global>\(Self.commands)"
                + Self.response(level: 7) + "</edr_config>", to: "new.conf")
        try fleet.managerHome.write(
            [
                Self.line(1, "13T12:00:00", "192.0.2.1"), Self.line(2, "13T12:01:00", "192.0.2.2", level: 8),
                Self.line(3, "13T12:05:00", "192.0.2.1"), Self.line(4, "13T12:06:00", "10.1.2.3"), "",
            ].joined(separator: "\n"), to: "day1.json")
        // Without a newline at its end.
        try fleet.managerHome.write(Self.line(5, "14T12:00:00", "192.0.2.1"), to: "day2.json")
        #expect(try ShellCommand.run("/usr/bin/gzip", [fleet.managerHome.path + "/day1.json"]).status == 0)
        return fleet
    }

    private func document(_ fleet: Fleet) throws -> [String: Any] {
        let home = fleet.managerHome.path
        return try #require(
            try fleet.controlJSON(
                "alerts", "backtest", "--config", home + "/new.conf", home + "/day2.json", home + "/day1.json.gz")
                as? [String: Any])
    }

    @Test func `a history is replayed in the order of time, without a manager`() throws {
        let fleet = try fleet()
        let document = try document(fleet)
        let files = try #require(document["files"] as? [[String: Any]])
        #expect(files.map { $0["alerts"] as? Int } == [4, 1])
        #expect(document["agents_from"] as? String == "alerts")
        let response = try #require((document["responses"] as? [[String: Any]])?.first)
        #expect(response["active_response"] as? String == "ban")
        #expect(response["fired"] as? Int == 4)
        #expect(response["runs"] as? Int == 3)
        #expect(response["prolonged"] as? Int == 1)
        let peak = try #require(response["peak_bans"] as? [String: Any])
        #expect(peak["count"] as? Int == 2)
        #expect(peak["at"] as? String == "2025-04-13T12:01:00.000Z")
        let listed = try #require((response["white_listed"] as? [String: Any])?["top"] as? [[String: Any]])
        #expect(listed.map { $0["source"] as? String } == ["10.1.2.3"])
        let difference = try #require((document["differences"] as? [[String: Any]])?.first)
        #expect(difference["change"] as? String == "other")
        #expect(difference["only_candidate"] as? Int == 1 && difference["only_current"] as? Int == 1)
        let examples = try #require(difference["examples"] as? [[String: Any]])
        #expect(examples.map { $0["alert_id"] as? String } == ["2", "4"])
        #expect(examples.map { $0["line"] as? Int } == [2, 4])
    }

    @Test func `what is not replayed is said`() throws {
        let fleet = try fleet()
        let home = fleet.managerHome.path
        try fleet.managerHome.write(
            "<edr_config>\(Self.commands)"
                + Self.response(level: 7).replacing(
                    "</active-response>", with: "<require_approval>yes</require_approval></active-response>")
                + "</edr_config>", to: "careful.conf")
        let careful = try fleet.control("alerts", "backtest", "--config", home + "/careful.conf", home + "/day2.json")
        #expect(careful.output.contains("not replayed"), "\(careful)")
        #expect(careful.output.contains("what they would hold counts as run (ban)"))
        let plain = try fleet.control("alerts", "backtest", "--config", home + "/new.conf", home + "/day2.json")
        #expect(plain.status == 0 && !plain.output.contains("not replayed"))
    }

    @Test func `agents are the manager's, or those of its ledger`() async throws {
        let fleet = try fleet()
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")
        #expect(try document(fleet)["agents_from"] as? String == "manager")
        await manager.stop()
        let document = try document(fleet)
        #expect(document["agents_from"] as? String == "ledger")
        #expect(document["agents"] as? Int == 1)
    }

    @Test func `errors are 78 as by config check, and what cannot be read is 1`() throws {
        let fleet = try fleet()
        let home = fleet.managerHome.path
        try fleet.managerHome.write(
            "<edr_config><global><white_list>x/y</white_list></global></edr_config>", to: "bad.conf")
        let bad = try fleet.control("alerts", "backtest", "--config", home + "/bad.conf", home + "/day2.json")
        #expect(bad.status == 78)
        #expect(bad.errors.hasPrefix(home + "/bad.conf:1:33: error: (1237): Invalid ip address"))
        let cut = Array(try #require(fleet.managerHome.bytes(of: "day1.json.gz")).prefix(100))
        try fleet.managerHome.write(cut, to: "cut.gz")
        for (file, reason) in [("cut.gz", "ends in the middle"), ("none", "No such file"), ("etc", "Is a directory")] {
            let failed = try fleet.control("alerts", "backtest", home + "/" + file)
            #expect(failed.status == 1 && failed.output == "")
            #expect(failed.errors.contains(reason), "\(failed.errors)")
        }
    }
}

/// `alerts process` and `mode observe` with the real programs.
@Suite struct `Alerts that are processed again` {
    private func fleet(mode: String) async throws -> (fleet: Fleet, manager: DaemonProcess) {
        let fleet = try Fleet(
            policy: """
                <command><name>note</name><executable>note</executable><timeout_allowed>yes</timeout_allowed></command>
                <active-response><command>note</command><location>server</location><level>10</level>
                <timeout>600</timeout><mode>\(mode)</mode></active-response>
                """)
        try fleet.managerHome.addScript("note", "#!/bin/sh\necho \"$1 $4\" >> ran\n")
        // Before the start: the source begins at the end of its file.
        for id in 1...3 { try fleet.append(alert: Fleet.alert(id: "\(id)")) }
        try fleet.append(alert: Fleet.alert(id: "4", level: 3))
        return (fleet, try await fleet.startManager())
    }

    private func process(_ fleet: Fleet, _ arguments: String...) throws -> (counts: [Int?], result: CommandResult) {
        let result = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control",
            ["--home", fleet.managerHome.path, "alerts", "process"] + arguments, input: "")
        let document = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return (["processed", "success", "failed", "skipped"].map { document?[$0] as? Int }, result)
    }

    @Test func `the newest alerts run once, and again only when that is wanted`() async throws {
        let (fleet, manager) = try await fleet(mode: "enforce")
        #expect(try process(fleet, "--dry-run").counts == [3, 3, 0, 1])
        #expect(try fleet.control("responses", "list").output.contains("note") == false)
        let output = fleet.managerHome.path + "/result.json"
        let first = try process(fleet, "--limit", "3", "--output", output)
        #expect(first.counts == [2, 2, 0, 1])
        #expect(first.result.status == 0)
        #expect(fleet.managerHome.text(of: "result.json") == first.result.output)
        #expect(try process(fleet, "--limit", "3").counts == [0, 0, 0, 3])
        #expect(try process(fleet, fleet.alerts).counts == [1, 1, 0, 3])
        #expect(try process(fleet, fleet.alerts, "--reprocess").counts == [3, 3, 0, 1])
        let responses = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        #expect(responses.count == 6)
        try fleet.append(alert: "no alert")
        let failed = try process(fleet, "--limit", "1")
        #expect(failed.counts == [1, 0, 1, 0])
        #expect(failed.result.status == 1)
        await manager.stop()
    }

    @Test func `in mode observe everything happens except the script`() async throws {
        let (fleet, manager) = try await fleet(mode: "observe")
        #expect(try process(fleet).counts == [3, 3, 0, 1])
        let responses = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        #expect(responses.map { $0["state"] as? String } == ["done", "done", "done"])
        #expect(responses.allSatisfy { $0["observed"] as? Bool == true })
        #expect(try fleet.control("responses", "list").output.contains("done (observed)"))
        let id = try #require(responses.first?["id"] as? String)
        let story = try fleet.control("responses", "show", id).output
        #expect(story.contains("mode observe: the script was not run; it would have been undone after 600 s"))
        let undo = try fleet.control("responses", "undo", id)
        #expect(undo.status == 1 && undo.errors.contains("nothing to undo"))
        #expect(fleet.managerHome.text(of: "logs/alerts/alerts.log")?.contains("** Alert 1:") == true)
        await manager.stop()
        // What was started would have run by now: a stop waits for it.
        #expect(fleet.managerHome.text(of: "ran") == nil)
    }
}
