import Foundation
import TestSupport
import Testing

/// Commands without an alert: `edr-control run`, and the peers' own ways of saying it.
@Suite struct HandCommandTests {
    private func put(_ body: String, query: String = "", on fleet: Fleet) throws -> [String: Any] {
        let result = try ShellCommand.run(
            "/usr/bin/curl",
            [
                "-s", "-X", "PUT", "--unix-socket", fleet.managerHome.path + "/run/manager.sock", "--data-binary", "@-",
                "http://localhost/active-response" + query,
            ], input: body)
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
    }

    @Test func `PUT active-response takes the body of the peer's API and answers in its shape`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        try home.addScript("own", "#!/bin/sh\nread -r line\necho \"$line\" >>record\n")
        let agent = try await fleet.startAgent(home)

        let sent = try put(
            #"{"command":"record600","arguments":["-x","a b"],"alert":{"data":{"srcip":"198.51.100.77"}}}"#, on: fleet)
        #expect(sent["error"] as? Int == 0)
        #expect(sent["message"] as? String == "AR command was sent to all agents")
        let data = try #require(sent["data"] as? [String: Any])
        #expect(data["affected_items"] as? [String] == ["001"])
        #expect(data["total_affected_items"] as? Int == 1)
        #expect(data["total_failed_items"] as? Int == 0)
        let line = try await FileLines.first(in: home.path + "/record", containing: "198.51.100.77")
        #expect(line.hasPrefix("add - 198.51.100.77 ") && line.hasSuffix(" - web-03 - -x a b"))
        try await manager.line(containing: "Response event", "state=active")

        // A file that no command names, for one agent that is there and one that is not.
        let some = try put(
            #"{"command":"!own","alert":{"rule":{"id":"9"},"data":{"dstuser":"eve"}}}"#, query: "?agents_list=001,077",
            on: fleet)
        #expect(some["error"] as? Int == 2)
        let failed = try #require(((some["data"] as? [String: Any])?["failed_items"] as? [[String: Any]])?.first)
        #expect(failed["id"] as? [String] == ["077"])
        #expect((failed["error"] as? [String: Any])?["code"] as? Int == 1701)
        try await FileLines.first(in: home.path + "/record", containing: "\"alert\":{\"data\":{\"dstuser\":\"eve\"}")

        let none = try put(#"{"command":"nothing600"}"#, on: fleet)
        #expect(none["error"] as? Int == 1)
        let reasons = (none["data"] as? [String: Any])?["failed_items"] as? [[String: Any]]
        #expect((reasons?.first?["error"] as? [String: Any])?["code"] as? Int == 1652)

        for body in ["", "[]", "{}", #"{"command":"record","arguments":"x"}"#, #"{"command":"record","alert":7}"#] {
            #expect((try put(body, on: fleet)["error"] as? String)?.isEmpty == false)
        }
        await agent.stop()
        await manager.stop()
    }

    @Test func `run takes names as agent_control does, and files that no command names`() async throws {
        let fleet = try Fleet(policy: policy(level: 16))
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        let agent = try await fleet.startAgent(home)
        #expect(try fleet.control("run", "record1", "--agent", "001", "--srcip", "198.51.100.1").status == 0)
        try await manager.line(containing: "Response event", "state=undone")
        #expect(try fleet.control("run", "!record", "--agent", "001", "--user", "eve").status == 0)
        try await FileLines.first(in: home.path + "/record", containing: "add eve")
        #expect(try fleet.control("run", "!../record", "--agent", "001").status != 0)
        #expect(try fleet.control("run", "recorder600", "--agent", "001").status != 0)
        await agent.stop()
        await manager.stop()
    }

    @Test func `what a command expects has to be given, and the white list holds by hand too`() async throws {
        let fleet = try Fleet(
            policy: policy(level: 16, command: "<expect>srcip,user</expect>")
                + "<global><white_list>198.51.100.0/24</white_list></global>")
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")

        let incomplete = try fleet.control("run", "record", "--agent", "001", "--user", "eve")
        #expect(incomplete.status == 1)
        #expect(incomplete.errors.contains("expects srcip") && incomplete.errors.contains("add --srcip"))
        let listed = try fleet.control(
            "run", "record", "--agent", "001", "--user", "eve", "--srcip", "198.51.100.7")
        #expect(listed.status == 1)
        #expect(listed.errors.contains("198.51.100.7 is white-listed by 198.51.100.0/24"))
        #expect(try fleet.control("run", "!record", "--agent", "001", "--srcip", "198.51.100.7").status == 1)

        for (data, words) in [
            (#"{"srcip":"192.0.2.1"}"#, "expects a value"),
            (#"{"srcip":"198.51.100.7","dstuser":"eve"}"#, "white list"),
        ] {
            let answer = try put(#"{"command":"record","alert":{"data":\#(data)}}"#, on: fleet)
            #expect(answer["error"] as? Int == 1)
            let failed = try #require(((answer["data"] as? [String: Any])?["failed_items"] as? [[String: Any]])?.first)
            #expect(failed["id"] as? [String] == ["001"])
            let reason = try #require(failed["error"] as? [String: Any])
            #expect(reason["code"] as? Int == 1652)
            #expect((reason["message"] as? String)?.contains(words) == true)
        }
        let responses = try #require(try fleet.controlJSON("responses", "list") as? [Any])
        #expect(responses.isEmpty)
        let given = try fleet.control("run", "record", "--agent", "001", "--user", "eve", "--srcip", "192.0.2.1")
        #expect(given.status == 0)
        await manager.stop()
    }
}
