import Foundation
import Glibc
import TestSupport
import Testing

/// Daemons whose state lies on a disk that becomes full.
@Suite(.enabled(if: geteuid() == 0, "needs a small file system of its own"))
struct `On a full disk` {
    /// A small disk at a home's `var`.
    private final class SmallDisk {
        private let folder: String

        init(_ home: TemporaryHome) throws {
            folder = home.path + "/var"
            try #require(mount("tmpfs", folder, "tmpfs", 0, "size=16m,mode=700") == 0)
        }

        deinit { umount2(folder, Int32(MNT_DETACH)) }

        func fill() {
            let ballast = open(folder + "/ballast", O_WRONLY | O_CREAT, 0o600)
            defer { close(ballast) }
            for size in [65_536, 4096, 1] {
                let block = [UInt8](repeating: 1, count: size)
                while write(ballast, block, size) > 0 {}
            }
        }

        func makeRoom() { unlink(folder + "/ballast") }
    }

    /// One for which the place does not suffice that was set aside before.
    private func largeAlert(_ number: Int) -> String {
        Fleet.alert(id: "1.\(number)")
            .replacingOccurrences(of: "Failed password", with: String(repeating: "x", count: 200_000))
    }

    @Test func `the manager's own responses wait, requests are told so, and all of it is done later`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        let disk = try SmallDisk(fleet.managerHome)
        try fleet.managerHome.addRecorder()
        let manager = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert(id: "1.1"))
        try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 1.1 ")
        disk.fill()
        for number in 2...10 { try fleet.append(alert: largeAlert(number)) }
        try await manager.line(containing: "Ledger cannot be written")
        try await manager.line(containing: "Agent cannot take a response for the time being", "agent=000")
        let refused = try post(alert: "2.1", to: fleet)
        #expect(refused.hasSuffix("503"))
        #expect(refused.contains("nothing of it was taken"))
        // Nothing but the ledger could say who gave it.
        let byHand = try fleet.control("run", "record", "--agent", "000", "--srcip", "198.51.100.9", "--reason", "test")
        #expect(byHand.status == 1 && byHand.errors.contains("nothing of it was taken"), "\(byHand)")
        disk.makeRoom()
        for number in 2...10 {
            try await FileLines.first(in: fleet.managerHome.path + "/record", containing: " 1.\(number) ")
        }
        try await manager.line(containing: "Ledger can be written again")
        // Answered when everything that came before it is in the ledger.
        #expect(try post(alert: "1.1", to: fleet).hasSuffix("200"))
        let listed = try #require(try fleet.controlJSON("responses", "list") as? [[String: Any]])
        #expect(listed.count == 10)
        #expect(!listed.contains { $0["state"] as? String == "refused" })
        #expect(await manager.stop() == 0)
        #expect(fleet.managerHome.record.count == 10)
    }

    /// Raises an alert by a request.
    ///
    /// - Returns: the answer, with its status at the end.
    private func post(alert id: String, to fleet: Fleet) throws -> String {
        try ShellCommand.run(
            "/usr/bin/curl",
            [
                "-s", "-w", "%{http_code}", "--unix-socket", fleet.managerHome.path + "/run/manager.sock",
                "-d", Fleet.alert(id: id), "http://localhost/v1/alerts",
            ]
        ).output
    }

    @Test func `a stop outlives the manager, and an undo of everything says that it is to be repeated`() async throws {
        let fleet = try Fleet(policy: policy(location: "server"))
        let disk = try SmallDisk(fleet.managerHome)
        try fleet.managerHome.addRecorder()
        let first = try await fleet.startManager()
        disk.fill()
        for number in 1...5 { try fleet.append(alert: largeAlert(number)) }
        try await first.line(containing: "Ledger cannot be written")
        let stopped = try fleet.control("stop-all", "--reason", "an experiment")
        #expect(stopped.status == 1 && stopped.errors.contains("it is done, but"), "\(stopped)")
        let undone = try fleet.control("undo-all", "--reason", "test")
        #expect(undone.status == 1 && undone.errors.contains("repeat this when"), "\(undone)")
        let resumed = try fleet.control("resume")
        #expect(resumed.status == 1 && resumed.errors.contains("nothing of it was taken"), "\(resumed)")
        await first.crash()
        disk.makeRoom()
        let second = try await fleet.startManager()
        let status = try #require(try fleet.controlJSON("status") as? [String: Any])
        let stop = status["stopped"] as? [String: Any]
        #expect(stop?["by"] as? String == "uid 0 (root)" && stop?["reason"] as? String == "an experiment", "\(status)")
        // In the ledger from now on, whatever becomes of the mark.
        #expect(unlink(fleet.managerHome.path + "/var/stopped") == 0)
        await second.crash()
        let third = try await fleet.startManager()
        try fleet.append(alert: Fleet.alert(id: "2.1"))
        try await third.line(containing: "Response fires", "alert=2.1 ", "state=held")
        #expect(try fleet.control("resume").status == 0)
        await third.stop()
        let fourth = try await fleet.startManager()
        #expect(try (fleet.controlJSON("status") as? [String: Any])?["stopped"] is NSNull)
        await fourth.stop()
    }

    @Test func `an agent's responses wait at the manager, which says why, until there is room`() async throws {
        let fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let disk = try SmallDisk(home)
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        disk.fill()
        for number in 1...10 { try fleet.append(alert: largeAlert(number)) }
        let line = try await manager.line(containing: "Agent cannot take a response for the time being")
        #expect(line.contains("no space left"))
        let listed = try #require(try fleet.controlJSON("responses", "list", "--state", "queued") as? [[String: Any]])
        let id = try #require(listed.first?["id"] as? String)
        let shown = try #require(try fleet.controlJSON("responses", "show", id) as? [String: Any])
        let timeline = shown["timeline"] as? [[String: Any]] ?? []
        #expect(timeline.contains { $0["event"] as? String == "turned_away" })
        disk.makeRoom()
        for number in 1...10 {
            try await FileLines.first(in: home.path + "/record", containing: " 1.\(number) ")
        }
        #expect(home.record.count == 10)
        await agent.stop()
        await manager.stop()
    }
}
