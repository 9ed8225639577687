import Foundation
import Testing

@testable import Manager

@Suite struct `The body of a request` {
    private func problem(_ text: String) -> String? {
        do throws(ControlFailure) {
            _ = try API.CommandRequest.read(Data(text.utf8))
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `is read by the names that are documented`() throws {
        let body = try API.CommandRequest.read(
            Data(#"{"command":"block","agent":"all","timeout_seconds":60,"arguments":["a"],"by":null}"#.utf8))
        #expect(body.command == "block" && body.timeoutSeconds == 60 && body.arguments == ["a"] && body.by == nil)
        #expect(try API.ActionRequest.read(Data(#"{"action":"a","agent":"1","allowed_ips":[]}"#.utf8)).allowedIps == [])
    }

    /// `{"agents":["006"]}` once undid everything on all agents.
    @Test(arguments: ["agents", "agnt", "timeout", "timeoutSeconds", "AGENT", ""])
    func `with a name that nobody knows is refused, with those that are known`(name: String) throws {
        let text = #"{"command":"block","agent":"001","\#(name)":1}"#
        let told = try #require(problem(text))
        #expect(told.contains("\"\(name)\", which is not known here"), "\(told)")
        #expect(told.contains("agent, arguments, by, command, filename, reason, srcip, timeout_seconds, user"))
    }

    @Test(arguments: [
        (#"{"agent":"001"}"#, "\"command\" is missing"),
        (#"{"command":"block","agent":1}"#, "\"agent\" is no String"),
        (#"{"command":"block","agent":"1","timeout_seconds":"x"}"#, "\"timeout_seconds\" is no Int"),
        ("[]", "it is no JSON object"), ("{", "it is no JSON"),
    ])
    func `that is wrong is refused in plain words`(text: String, words: String) throws {
        let told = try #require(problem(text))
        #expect(told.contains(words), "\(told)")
    }
}
