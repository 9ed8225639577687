import Foundation
import TestSupport
import Testing

/// The guides for those who come from Wazuh and OSSEC, followed step by step with real daemons.
///
/// As root only: the guides make root the owner of scripts.
@Suite(.enabled(if: geteuid() == 0)) struct MigrationTests {
    /// A fleet of which nothing runs yet, with the shipped scripts installed and the guide's files in place.
    private struct Site {
        let fleet: Fleet
        let agentHome: TemporaryHome
        let guide: MigrationGuide

        init(_ file: String) throws {
            fleet = try Fleet(policy: "")
            agentHome = try TemporaryHome()
            guide = try MigrationGuide(file, manager: fleet.managerHome, agent: agentHome, port: fleet.port)
            for home in [fleet.managerHome.path, agentHome.path] {
                for folder in ["shop/deny", "spool", "peer/logs/alerts"] {
                    try FileManager.default.createDirectory(
                        atPath: home + "/" + folder, withIntermediateDirectories: true)
                }
                let copied = try ShellCommand.run(
                    "/bin/cp", ["-a", Repository.path + "/active-response/bin", home + "/active-response/"])
                #expect(copied.status == 0)
                _ = try ShellCommand.run("/bin/chown", ["-R", "0:0", home + "/active-response/bin"])
            }
            try guide.writeFiles()
            try "".write(toFile: alerts, atomically: true, encoding: .utf8)
        }

        /// The peer's file of alerts.
        var alerts: String { guide.peer(.manager) + "/logs/alerts/alerts.json" }
        /// The addresses that the agent's script keeps out.
        var denied: [String] {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: agentHome.path + "/shop/deny")) ?? []
            return files.map { $0.replacing(".conf", with: "") }.sorted()
        }

        func raise(_ alert: String) throws {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: alerts))
            try file.seekToEnd()
            try file.write(contentsOf: Data((alert + "\n").utf8))
            try file.close()
        }

        /// Waits for a state of the `number`th response whose line `Response fires` holds `part`.
        func response(_ number: Int = 1, with part: String, is state: String) async throws {
            let log = fleet.managerHome.path + "/logs/edr-manager.log"
            let lines = try await FileLines.count(number, in: log, containing: part)
            let fired = lines.filter { $0.contains("Response fires") && $0.contains(part) }
            let line = try #require(fired.count >= number ? fired[number - 1] : nil)
            let dispatch = try #require(line.firstMatch(of: /dispatch=[0-9a-f]+/)).0
            try await FileLines.first(in: log, containing: String(dispatch), "state=\(state)")
        }

        /// Uses the token that the guide made for an agent; id and name come with it.
        func enroll(id: String) throws {
            let tokens = FileLines.now(fleet.managerHome.path + "/etc/enrollment-tokens")
            #expect(tokens.count == 1)
            let token = try #require(tokens.first { $0.hasPrefix(id + " ") }?.split(separator: " ").last)
            let enrolled = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", agentHome.path, "--enroll", "-", "--manager", "127.0.0.1:\(fleet.port)"], input: token + "\n"
            )
            #expect(enrolled.output.contains("Enrolled as agent 007 (web-03)"), "\(enrolled.errors)")
        }
    }

    private func webAttack(_ number: Int, srcip: String, level: Int = 6, rule: String = "31104") -> String {
        Fleet.alert(id: "1795252800.\(number)", agentID: "007", srcip: srcip, level: level, rule: rule)
    }

    @Test func `from Wazuh, observing first, and back`() async throws {
        let site = try Site("migrate-from-wazuh.md")
        let original = try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8)
        try site.guide.follow("2.")
        let manager = try await site.fleet.startManager()
        try site.guide.follow("3.") { try site.enroll(id: "007") }
        let agent = try await site.fleet.startAgent(site.agentHome)

        // A script by hand, while all else only observes.
        try site.guide.follow("4.")
        try await site.response(with: " rule=-", is: "active")
        #expect(site.denied == ["203.0.113.9"])

        try site.raise(webAttack(1, srcip: "198.51.100.77"))
        try await site.response(with: "alert=1795252800.1 ", is: "observed")
        try site.guide.follow("5.")
        #expect(site.denied == ["203.0.113.9"])

        try site.guide.follow("6.")
        let disabled = try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8)
        #expect(disabled.matches(of: /<disabled>yes</).count == 3)
        try site.raise(webAttack(2, srcip: "198.51.100.77"))
        try site.raise(webAttack(3, srcip: "198.51.100.78", level: 13, rule: "31151"))
        let told = site.guide.place("/var/spool/team.txt", on: .manager)
        try await FileLines.first(in: told, containing: "** Alert 1795252800.3:")
        try await site.response(with: "alert=1795252800.2 ", is: "active")
        try await site.response(with: "active_response=web-deny agent=007 alert=1795252800.3 ", is: "active")
        #expect(site.denied == ["198.51.100.77", "198.51.100.78", "203.0.113.9"])

        try site.guide.follow("7.")
        try await site.response(2, with: " rule=-", is: "active")
        try await site.response(3, with: " rule=-", is: "active")
        #expect(site.denied.count == 5)
        let log = site.agentHome.path + "/logs/active-responses.log"
        #expect(FileLines.now(log).contains { $0.contains(/active-response\/bin\/web-deny: \{"version":1,/) })
        #expect(FileLines.now(log).contains { $0.hasSuffix("web-deny: add 198.51.100.77") })

        try site.guide.follow("Going back")
        try await site.response(with: "alert=1795252800.2 ", is: "undone")
        try await site.response(with: "active_response=web-deny agent=007 alert=1795252800.3 ", is: "undone")
        for number in 1...3 { try await site.response(number, with: " rule=-", is: "undone") }
        #expect(site.denied.isEmpty)
        #expect(
            try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8) == original)
        try site.raise(webAttack(4, srcip: "198.51.100.79"))
        try await site.response(with: "alert=1795252800.4 ", is: "observed")
        #expect(site.denied.isEmpty)
        await agent.stop()
        await manager.stop()
    }

    private func ossecAttack(_ number: Int, srcip: String, level: Int = 6, rule: Int = 31104) -> String {
        """
        {"rule":{"level":\(level),"comment":"Common web attack.","sidid":\(rule),"group":"web,accesslog,attack,",\
        "groups":["web","accesslog","attack"]},"id":"1795252800.\(number)","TimeStamp":1.795253e+12,\
        "decoder":"web-accesslog","srcip":"\(srcip)","location":"(web-03) 192.0.2.13->/var/log/nginx/access.log",\
        "full_log":"GET /?id=1","hostname":"web-03","decoder":{"name":"web-accesslog"},"agent_name":"web-03"}
        """
    }

    @Test func `from OSSEC, observing first, and back`() async throws {
        let site = try Site("migrate-from-ossec.md")
        let original = try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8)
        try site.guide.follow("2.")
        let manager = try await site.fleet.startManager()
        try site.guide.follow("3.") { try site.enroll(id: "007") }
        let agent = try await site.fleet.startAgent(site.agentHome)
        try site.guide.follow("4.")
        try await site.response(with: " rule=-", is: "active")
        #expect(site.denied == ["203.0.113.9"])

        try site.raise("no alert")
        try site.raise(ossecAttack(1, srcip: "198.51.100.77"))
        try await site.response(with: "alert=1795252800.1 ", is: "observed")
        try site.guide.follow("5.")
        #expect(site.denied == ["203.0.113.9"])

        try site.guide.follow("6.")
        let disabled = try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8)
        #expect(disabled.matches(of: /<disabled>yes</).count == 3)
        try site.raise(ossecAttack(2, srcip: "198.51.100.77"))
        try site.raise(ossecAttack(3, srcip: "198.51.100.78", level: 13, rule: 31151))
        let told = site.guide.place("/var/spool/team.txt", on: .manager)
        try await FileLines.first(in: told, containing: "** Alert 1795252800.3:")
        try await site.response(with: "alert=1795252800.2 ", is: "active")
        try await site.response(with: "active_response=web-deny agent=007 alert=1795252800.3 ", is: "active")
        #expect(site.denied == ["198.51.100.77", "198.51.100.78", "203.0.113.9"])
        // The script's own line, which OSSEC's decoder reads.
        try await FileLines.first(
            in: site.agentHome.path + "/logs/active-responses.log",
            containing: "/active-response/bin/web-deny.sh add - 198.51.100.77 1795252800.2 31104")

        try site.guide.follow("7.")
        try await site.response(2, with: " rule=-", is: "active")
        #expect(site.denied.contains("198.51.100.9"))

        try site.guide.follow("Going back")
        for number in 1...2 { try await site.response(number, with: " rule=-", is: "undone") }
        try await site.response(with: "alert=1795252800.2 ", is: "undone")
        try await site.response(with: "active_response=web-deny agent=007 alert=1795252800.3 ", is: "undone")
        #expect(site.denied.isEmpty)
        #expect(
            try String(contentsOfFile: site.guide.peer(.manager) + "/etc/ossec.conf", encoding: .utf8) == original)
        await agent.stop()
        await manager.stop()
    }
}
