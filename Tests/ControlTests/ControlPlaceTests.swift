import ArgumentParser
import Testing

@testable import Control

@Suite struct `Where the manager is asked` {
    private func place(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ControlPlace {
        var rest = arguments + ["status"]
        let url = try ManagerURL.take(from: &rest)
        let command = try #require(try EDRControl.parseAsRoot(rest) as? any ControlCommand)
        return try ControlPlace(url: url, command.options, environment: environment)
    }

    private func url(_ text: String) throws -> ManagerURL { try #require(ManagerURL(text)) }

    @Test(arguments: [
        ("https://soc.example", "soc.example", 7515), ("https://soc.example:1", "soc.example", 1),
        ("HTTPS://192.0.2.1:65535/", "192.0.2.1", 65535), ("https://[2001:db8::1]:9", "2001:db8::1", 9),
    ])
    func `an address has a host and a port`(text: String, host: String, port: Int) throws {
        let url = try url(text)
        #expect(url.host == host && url.port == port)
        #expect(try self.url(url.description) == url)
    }

    @Test(arguments: [
        "", "soc.example", "http://soc.example", "https://", "https://a:0", "https://a:65536", "https://a/v1",
        "https://a?x", "https://token@a", "https://a#b", "unix:/run/manager.sock",
    ])
    func `anything else is none`(text: String) {
        #expect(ManagerURL(text) == nil)
    }

    @Test func `options come before the environment, and a home that is named before its URL`() throws {
        let environment = ["EDR_URL": "https://b", "EDR_TOKEN_FILE": "/t", "EDR_CA_FILE": "/c"]
        #expect(
            try place([], environment) == .remote(url("https://b"), tokenFile: "/t", authorityFile: "/c"))
        #expect(
            try place(["--url", "https://a", "--token-file", "/x", "--ca", "/y"], environment)
                == .remote(url("https://a"), tokenFile: "/x", authorityFile: "/y"))
        #expect(try place(["--home", "/h"], environment) == .socket("/h/run/manager.sock"))
        #expect(
            try place(["--home", "/h", "--url", "https://a"], ["EDR_TOKEN_FILE": "/t"])
                == .remote(url("https://a"), tokenFile: "/t", authorityFile: "/h/etc/tls/ca.pem"))
        #expect(throws: ControlError.self) { try place(["--url", "https://a"]) }
        #expect(throws: ControlError.self) { try place(["--token-file", "/t"]) }
        #expect(throws: ControlError.self) { try place([], ["EDR_URL": "http://a", "EDR_TOKEN_FILE": "/t"]) }
    }

    @Test func `the URL may stand anywhere, but behind send it is what is blocked`() throws {
        func take(_ line: String) throws -> (url: ManagerURL?, rest: String) {
            var words = line.split(separator: " ").map(String.init)
            let url = try ManagerURL.take(from: &words)
            return (url, words.joined(separator: " "))
        }
        let manager = try url("https://a")
        #expect(try take("--url https://a status") == (manager, "status"))
        #expect(try take("-o json --url=https://a status") == (manager, "-o json status"))
        #expect(try take("agents list --url https://a -o json") == (manager, "agents list -o json"))
        #expect(try take("--home send --url https://a status") == (manager, "--home send status"))
        #expect(try take("send block-url --url https://e") == (nil, "send block-url --url https://e"))
        #expect(
            try take("--url https://a send block-url --url https://e") == (manager, "send block-url --url https://e"))
        #expect(try take("run x --agent 1 -- --url https://e") == (nil, "run x --agent 1 -- --url https://e"))
        #expect(throws: ControlError.self) { _ = try take("status --url") }
    }
}
