import Foundation
import TestSupport
import Testing

/// The record of what was done, with real daemons, and everything that can be done to it.
@Suite struct `The audit record` {
    private static let policy = """
        <command><name>note</name><executable>note</executable><timeout_allowed>yes</timeout_allowed></command>
        <active-response><command>note</command><location>local</location><level>7</level><timeout>3600</timeout>
        </active-response>
        """

    /// A manager and an agent, one response that was undone by hand, and a token, a reload, all stopped again.
    private func story() async throws -> (fleet: Fleet, agent: TemporaryHome) {
        let fleet = try Fleet(policy: Self.policy)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("note", "#!/bin/sh\ncat >/dev/null\necho done\n")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await eventually("active") { try fleet.control("responses", "list").output.contains("active") }
        let id = try #require(
            try fleet.control("responses", "list").output.split(separator: "\n").last?.split(separator: " ").first)
        #expect(try fleet.control("responses", "undo", String(id)).status == 0)
        try await eventually("undone") { try fleet.control("responses", "list").output.contains("undone") }
        #expect(try fleet.control("reload", "--reason", "a drill").status == 0)
        let changes = try fleet.control("changes").output.split(separator: "\n")
        #expect(changes.count == 4)
        #expect(changes[1].contains(/reloaded +1 active responses, by .*uid \d+.*: a drill/), "\(changes[1])")
        #expect(changes[2].contains(/agent_enrolled +agent 001 \(web-03\) by a token/), "\(changes[2])")
        #expect(changes[3].contains(/token_created .*by .*uid \d+/), "\(changes[3])")

        let shown = try fleet.control("responses", "show", String(id)).output
        #expect(shown.contains("uid 0"))
        #expect(shown.contains(/undone/))
        // While the daemons write.
        #expect(try fleet.control("audit", "verify").status == 0)
        #expect(try verify(home).status == 0)
        await agent.stop()
        await manager.stop()
        return (fleet, home)
    }

    private func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
        for _ in 0..<200 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSeen(what)
    }

    private func verify(_ home: TemporaryHome) throws -> CommandResult {
        try ShellCommand.run(DaemonProcess.binaries + "/edr-control", ["--home", home.path, "audit", "verify"])
    }

    @Test func `fits when nothing was changed, and names what was`() async throws {
        let (fleet, agent) = try await story()
        let manager = fleet.managerHome
        #expect(try verify(manager).status == 0)
        #expect(try verify(agent).status == 0)

        // One byte in the middle of the ledger's file.
        let database = manager.path + "/var/manager.db"
        let whole = try Data(contentsOf: URL(filePath: database))
        var changed = whole
        let place = try #require(changed.range(of: Data("undo_requested".utf8)))
        changed[place.lowerBound] = UInt8(ascii: "U")
        try changed.write(to: URL(filePath: database))
        let found = try verify(manager)
        #expect(found.status == 1)
        #expect(found.errors.contains("(response "), "\(found.errors)")
        try whole.write(to: URL(filePath: database))
        #expect(try verify(manager).status == 0)

        // A checkpoint of more than there is.
        let log = manager.path + "/logs/audit.log"
        let last = try #require(
            try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").last.map(String.init))
        let ahead = last.replacing(/"sequence":\d+/, with: "\"sequence\":9999")
        try (String(contentsOfFile: log, encoding: .utf8) + ahead + "\n").write(
            toFile: log, atomically: true, encoding: .utf8)
        #expect(try verify(manager).errors.contains("missing at the end"))

        // The agent's lines.
        let path = agent.path + "/logs/audit.log"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count >= 5)
        #expect(lines.contains { $0.contains("\"event\":\"received\"") && $0.contains("198.51.100.77") })
        #expect(lines.contains { $0.contains("uid 0") })
        func expectFinding(_ lines: [String], _ place: Int, _ text: String) throws {
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let result = try verify(agent)
            #expect(result.status == 1)
            #expect(result.errors.contains("at record \(place)") && result.errors.contains(text), "\(result.errors)")
        }
        var altered = lines
        altered[2] = altered[2].replacing("\"dispatch_id\":\"", with: "\"dispatch_id\": \"")
        try expectFinding(altered, 3, "does not fit")
        try expectFinding(Array(lines.dropLast()), lines.count, "missing at the end")
        try expectFinding(Array(lines[..<2] + lines[3...]), 3, "missing")
        var swapped = lines
        swapped.swapAt(2, 3)
        try expectFinding(swapped, 3, "missing")
        try expectFinding(Array(lines.dropFirst()), 1, "missing")
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try verify(agent).status == 0)
    }

    @Test func `old responses go while new ones come, and the record still fits`() async throws {
        let fleet = try Fleet(
            policy: """
                <command><name>note</name><executable>note</executable></command>
                <active-response><command>note</command><location>all</location><level>7</level>
                <mode>observe</mode></active-response>
                </ossec_config><edr_config><ledger><keep>1s</keep><max_size>64M</max_size></ledger></edr_config>
                <ossec_config>
                """)
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")
        let count = 3_000
        for start in stride(from: 0, to: count, by: 500) {
            for number in start..<start + 500 {
                try fleet.append(alert: Fleet.alert(id: "1744557901.\(number)"))
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        try await eventually("removed") {
            let status = try #require(try fleet.controlJSON("status") as? [String: Any])
            let dispatches = try #require(status["dispatches"] as? [String: Int])
            let sources = try #require(status["sources"] as? [[String: Any]])
            return dispatches["done"] == 0 && sources.first?["read"] as? Int == count
        }
        let result = try fleet.control("-o", "json", "audit", "verify")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("\"whole\":true"))
        // The same alert again, as from a file that was put back: it is still known.
        func firings() throws -> Int {
            try String(contentsOfFile: fleet.managerHome.path + "/logs/edr-manager.log", encoding: .utf8)
                .split(separator: "\n").count { $0.contains("alert=1744557901.0 ") }
        }
        let before = try firings()
        #expect(before > 0)
        try fleet.append(alert: Fleet.alert(id: "1744557901.0"))
        try fleet.append(alert: Fleet.alert(id: "1744557902.1"))
        try await manager.line(containing: "1744557902.1")
        await manager.stop()
        #expect(try firings() == before)
    }

    @Test func `a ledger that is too large for what is under way says so`() async throws {
        let fleet = try Fleet(
            policy: Self.policy + """
                </ossec_config><edr_config><ledger><keep>4s</keep><max_size>1M</max_size></ledger></edr_config>
                <ossec_config>
                """)
        let manager = try await fleet.startManager()
        // Enrolled, but never there: its orders wait.
        _ = try fleet.enrollAgent(named: "web-03")
        for number in 0..<1_000 { try fleet.append(alert: Fleet.alert(id: "1744557901.\(number)")) }
        try await manager.line(containing: "holds nothing that could be removed")
        let status = try fleet.control("status").output
        #expect(status.contains("problem with the ledger"))
        #expect(status.contains("1000 queued"))
        await manager.stop()
        #expect(manager.lines.count { $0.contains("the oldest responses that are over go") } == 1)
        #expect(manager.lines.count { $0.contains("holds nothing that could be removed") } == 1)
    }
}

extension Fleet {
    /// The manager's record of what was done fits, whether its daemon runs or not.
    func expectWholeRecord() throws {
        let result = try control("audit", "verify")
        #expect(result.status == 0, "\(result.errors)")
    }
}
