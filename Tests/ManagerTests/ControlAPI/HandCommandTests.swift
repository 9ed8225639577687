import ActiveResponse
import ConfigurationTree
import Policy
import Testing

@testable import Manager

@Suite struct `The words of a command by hand` {
    private let command: HandCommand

    init() throws {
        let place = SourceLocation(file: "f", line: 1, column: 1)
        command = try HandCommand(
            "block", timeout: nil,
            commands: [
                CommandDefinition(
                    name: "block", executable: "block", extraArguments: ["fixed", "$data.url"], location: place)
            ])
    }

    private func words(_ target: HandTarget) -> [String]? {
        command.orders(target, agents: [("001", "web-03")], managerName: "m", now: 0).first?.extraArguments
    }

    @Test func `a field of an alert that is not there is asked for and never passed by its name`() throws {
        #expect(throws: HandRefusal.self) { try command.check(HandTarget(), whiteList: WhiteList()) }
        #expect(words(HandTarget())?.contains("$data.url") == false)
    }

    @Test func `what is given by hand stands in for it`() throws {
        let target = HandTarget(arguments: ["bad.example"])
        try command.check(target, whiteList: WhiteList())
        #expect(words(target) == ["fixed", "bad.example"])
    }

    @Test func `the alert that comes along gives it`() throws {
        let target = HandTarget(alertJSON: Array(#"{"data":{"url":"http://bad.example/$x"}}"#.utf8))
        try command.check(target, whiteList: WhiteList())
        #expect(words(target) == ["fixed", "http://bad.example/$x"])
    }
}
