import Foundation
import TestSupport
import Testing

@Suite struct `Alerts of OSSEC's` {
    private func line(_ id: String, location: String = "(web-03) 192.0.2.13->/var/log/auth.log") -> String {
        """
        {"rule":{"level":10,"comment":"sshd: brute force","sidid":5712,"group":"syslog,sshd,"},"id":"\(id)",\
        "TimeStamp":1.795253e+12,"decoder":"sshd","srcip":"198.51.100.77","dstuser":"root","location":"\(location)",\
        "full_log":"Failed password","hostname":"web-03"}
        """
    }

    @Test func `are followed through a rotation and a restart, each once`() async throws {
        let fleet = try Fleet(policy: policy(), format: "ossec")
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("record", "#!/bin/sh\ncat >>record\n")
        let agent = try await fleet.startAgent(home)
        let record = home.path + "/record"

        try fleet.append(alert: Fleet.alert(id: "1795252800.0"))
        try fleet.append(alert: line("1795252800.1"))
        let input = try await FileLines.first(in: record, containing: "1795252800.1")
        let message = try #require(try JSONSerialization.jsonObject(with: Data(input.utf8)) as? [String: Any])
        let alert = try #require((message["parameters"] as? [String: Any])?["alert"] as? [String: Any])
        #expect(alert["timestamp"] as? String == "2026-11-21T09:20:00.000+0000")
        #expect(alert["data"] as? [String: String] == ["srcip": "198.51.100.77", "dstuser": "root"])
        #expect(alert["agent"] as? [String: String] == ["name": "web-03", "ip": "192.0.2.13"])
        #expect((alert["rule"] as? [String: Any])?["id"] as? String == "5712")
        #expect(alert["location"] as? String == "/var/log/auth.log")
        // The alert of Wazuh's before it is named for what it is.
        try await manager.line(containing: "Line is no alert", "<format>wazuh</format>")
        try await FileLines.first(
            in: fleet.managerHome.path + "/logs/alerts/alerts.log", containing: "(web-03) 192.0.2.13->/var/log/auth.log"
        )

        // As OSSEC does at midnight: the day's file goes into a folder, and a new one takes its place.
        let day = fleet.managerHome.path + "/2026/Nov"
        try FileManager.default.createDirectory(atPath: day, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: fleet.alerts, toPath: day + "/ossec-alerts-21.json")
        try fleet.append(alert: line("1795252800.1"))
        try fleet.append(alert: line("1795252801.2"))
        try await FileLines.first(in: record, containing: "1795252801.2")
        await manager.crash()
        try fleet.append(alert: line("1795252801.2"))
        try fleet.append(alert: line("1795252802.3"))
        let next = try await fleet.startManager()
        try await FileLines.first(in: record, containing: "1795252802.3")
        #expect(home.record.count == 3)
        await agent.stop()
        #expect(await next.stop() == 0)
    }

    @Test func `may be tried out and handed in wherever Wazuh's may`() async throws {
        let fleet = try Fleet(policy: policy())
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        let own = try fleet.control("alerts", "test", "-", input: line("1795252800.1", location: "/var/log/auth.log"))
        #expect(own.output.contains("alert 1795252800.1"))
        #expect(own.output.contains(/record +record +local +yes +000/))
        let other = try fleet.control("alerts", "test", "-", input: line("1795252800.1"))
        #expect(other.output.contains("no enrolled agent is named \"web-03\""))

        let lines = [line("1795252800.1", location: "/var/log/auth.log"), Fleet.alert(), "{}"].joined(separator: "\n")
        let taken = try ShellCommand.run(
            "/usr/bin/curl",
            [
                "-sS", "--unix-socket", fleet.managerHome.path + "/run/manager.sock", "--data-binary", "@-",
                "http://localhost/v1/alerts",
            ], input: lines)
        #expect(taken.output.contains("\"accepted\":2"))
        try await FileLines.first(
            in: fleet.managerHome.path + "/record", containing: "add root 198.51.100.77 1795252800.1 5712")
        #expect(await manager.stop() == 0)
    }
}
