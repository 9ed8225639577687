import Agent
import AgentSettings
import Testing

@Suite struct `The agent's command line` {
    @Test func `nothing means running in the usual home`() throws {
        let arguments = try AgentArguments([])
        #expect(arguments.action == .run)
        #expect(arguments.home == nil)
        #expect(arguments.configuration == nil)
    }

    @Test func `values follow their option or are attached with an equals sign`() throws {
        let arguments = try AgentArguments(["--home", "/a", "--config=/b", "-t"])
        #expect(arguments.home == "/a")
        #expect(arguments.configuration == "/b")
        #expect(arguments.action == .testConfiguration)
    }

    @Test func `enrolling needs a token and a manager`() throws {
        let arguments = try AgentArguments(["--enroll", "edr1.x", "--manager", "h:1", "--name", "n"])
        #expect(arguments.action == .enroll(token: "edr1.x", manager: ManagerAddress(host: "h", port: 1), name: "n"))
        #expect(throws: AgentArguments.UsageError.self) { try AgentArguments(["--enroll", "edr1.x"]) }
        #expect(throws: AgentArguments.UsageError.self) { try AgentArguments(["--manager", "h"]) }
        #expect(throws: AgentArguments.UsageError.self) { try AgentArguments(["--enroll", "t", "--manager", "h:0"]) }
    }

    @Test(arguments: [["--what"], ["extra"], ["--home"]])
    func `anything else is an error`(arguments: [String]) {
        #expect(throws: AgentArguments.UsageError.self) { try AgentArguments(arguments) }
    }

    @Test(arguments: [
        ("h", "h", 7514), ("h:80", "h", 80), ("192.0.2.1:1", "192.0.2.1", 1), ("[2001:db8::1]:9", "2001:db8::1", 9),
        ("[::1]", "::1", 7514), ("2001:db8::1", "2001:db8::1", 7514),
    ])
    func `manager addresses`(text: String, host: String, port: Int) {
        #expect(ManagerAddress(text) == ManagerAddress(host: host, port: port))
    }

    @Test(arguments: ["", ":80", "h:", "h:x", "h:65536", "[::1", "[::1]x", "[]:1"])
    func `what is no manager address`(text: String) {
        #expect(ManagerAddress(text) == nil)
    }
}
