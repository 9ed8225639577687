import Foundation
import TestSupport
import Testing

@testable import Manager

@Suite struct `A manager whose ledger cannot be written` {
    private static let policy = """
        <command><name>record</name><executable>record</executable></command>
        <active-response><command>record</command><location>server</location><level>7</level></active-response>
        """

    @Test func `goes on deciding, stops when it is told to, and loses nothing`() async throws {
        let fleet = try Fleet(policy: Self.policy)
        try fleet.managerHome.addScript("record", "#!/bin/sh\nprintf '%s\\n' \"$4\" >>record\n")
        let record = fleet.managerHome.path + "/record"
        let manager = try await fleet.startManager()
        let intruder = try LedgerIntruder(path: fleet.managerHome.path + "/var/manager.db")
        // More than the batches that may wait for the ledger, one alert in each.
        let ids = (1...64).map { "7.\($0)" }
        for id in ids {
            try fleet.append(alert: Fleet.alert(id: id))
            try await manager.line(containing: "Response fires", "alert=\(id) ")
        }
        let more = (65...70).map { "7.\($0)" }
        for id in more { try fleet.append(alert: Fleet.alert(id: id)) }
        try await manager.line(containing: "Ledger cannot be written")

        let clock = ContinuousClock()
        let time = await clock.measure { #expect(await manager.stop() == 0) }
        // It does not wait for the ledger, which would take for ever.
        #expect(time < .seconds(30))
        try await intruder.leave()

        let next = try await fleet.startManager()
        try await FileLines.count(70, in: record, containing: "7.")
        for id in more { try await next.line(containing: "Response fires", "alert=\(id) ") }
        #expect(await next.stop() == 0)
        #expect(FileLines.now(record).sorted() == (ids + more).sorted())
        let ledger = try SQLiteLedger(path: fleet.managerHome.path + "/var/manager.db", logger: .quiet)
        #expect(try await ledger.dispatchIDs().count == 70)
        await ledger.close()
    }

    @Test func `says so, and runs nothing by hand of which it could not say who gave it`() async throws {
        let fleet = try Fleet(policy: Self.policy)
        try fleet.managerHome.addScript("record", "#!/bin/sh\nprintf '%s\\n' \"$1 $3\" >>record\n")
        let manager = try await fleet.startManager()
        let intruder = try LedgerIntruder(path: fleet.managerHome.path + "/var/manager.db")
        let ran = try fleet.control("run", "record", "--agent", "000", "--srcip", "198.51.100.9")
        #expect(ran.status == 1)
        #expect(ran.errors.contains("it is not done yet"), "\(ran.errors)")
        let refused = try fleet.control("run", "record", "--agent", "000", "--srcip", "198.51.100.10")
        #expect(refused.errors.contains("nothing of it was taken"), "\(refused.errors)")
        #expect(FileLines.now(fleet.managerHome.path + "/record").isEmpty)
        let stopped = try fleet.control("stop-all", "--reason", "test")
        #expect(stopped.errors.contains("it is done, but"), "\(stopped.errors)")
        let status = try #require(try fleet.controlJSON("status") as? [String: Any])
        #expect(((status["ledger"] as? [String: Any])?["problem"] as? String)?.isEmpty == false, "\(status)")
        try await intruder.leave()
        try await manager.line(containing: "Ledger can be written again")
        // It was given before the stop, and not done before it.
        #expect(FileLines.now(fleet.managerHome.path + "/record").isEmpty)
        #expect(try fleet.control("resume").status == 0)
        try await FileLines.count(1, in: fleet.managerHome.path + "/record", containing: "add 198.51.100.9")
        let list = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        #expect(list.count == 1)
        await manager.stop()
    }

    @Test func `does not say that an undo is done which waits for an agent`() async throws {
        let fleet = try Fleet(
            policy: """
                <command><name>record</name><executable>record</executable><timeout_allowed>yes</timeout_allowed></command>
                <active-response>
                  <command>record</command><location>local</location><level>7</level><timeout>3600</timeout>
                </active-response>
                """)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("record", "#!/bin/sh\nprintf '%s\\n' \"$1\" >>record\n")
        let agent = try await fleet.startAgent(home)
        try fleet.append(alert: Fleet.alert())
        try await manager.line(containing: "Response event", "state=active")
        await agent.stop()
        try await manager.line(containing: "Agent is disconnected")
        let id = try #require(try (fleet.controlJSON("responses", "list") as? [[String: Any]])?.first?["id"] as? String)
        let intruder = try LedgerIntruder(path: fleet.managerHome.path + "/var/manager.db")
        let undone = try fleet.control("responses", "undo", id)
        #expect(undone.status == 1 && undone.errors.contains("it is not done yet"), "\(undone)")
        try await intruder.leave()
        let back = try await fleet.startAgent(home)
        try await FileLines.first(in: home.path + "/record", containing: "delete")
        await back.stop()
        await manager.stop()
    }
}
