import Alerts
import ConfigurationTree
import Foundation
import Policy
import TestSupport
import Testing

@testable import Manager

/// What every alert of level 7 and above means in these tests: one response, here.
private func decisions() -> DecisionContext {
    let place = SourceLocation(file: "test.conf", line: 1, column: 1)
    let command = CommandDefinition(name: "record", executable: "record", location: place)
    let response = ActiveResponseDefinition(
        name: "record", command: command, location: .server, level: 7, sourceLocation: place)
    return DecisionContext(policy: Policy(responses: [response]), agents: AgentDirectory([]))
}

@Suite struct `Taking alerts in` {
    @Test func `an alert with a byte that is not UTF-8 is repaired and decided`() throws {
        let statistics = SourceStatistics(name: "test")
        var intake = AlertIntake(context: decisions(), statistics: statistics, logger: .quiet)
        let parts = Fleet.alert(id: "5.1").components(separatedBy: "Failed password")
        try #require(parts.count == 2)
        let line = Array(parts[0].utf8) + Array("Failed ".utf8) + [0xFF] + Array(parts[1].utf8)
        let fired = try line.withUnsafeBytes { try intake.take($0) }
        #expect(fired?.alert.id == "5.1")
        #expect(fired?.alert.fullLog == "Failed \u{FFFD}")
        #expect(fired?.decisions.count == 1)
        #expect(statistics.value(.fired) == 1)
        #expect(statistics.value(.read) == 1)
        #expect(statistics.value(.invalid) == 0)
    }
}
