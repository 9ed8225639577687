import Foundation
import Hummingbird
import ManagerSettings
import TestSupport
import Testing

@testable import Manager

/// Which role each request takes: the page of the API says it, and the code has to agree.
@Suite struct `Roles of the API` {
    @Test func `every request takes the role that its page says, and the page has every request`() async throws {
        let page = try Repository.text(of: "docs/reference/control-api.md")
        var documented: [String: String] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: true)
            let role = cells[1].trimmingCharacters(in: .whitespaces)
            for match in cells[0].matches(of: /`(GET|POST|PUT|DELETE) ([^ `?]+)/) {
                documented["\(match.1) \(match.2.replacing(/\/(ID|TOKEN-ID|NAME)/, with: "/:id"))"] = role
            }
            // `POST /v1/responses/ID/undo`, `…/cancel`
            for match in cells[0].matches(of: /`…\/([a-z]+)`/) {
                documented["POST /v1/responses/:id/\(match.1)"] = role
            }
        }
        var planned: [String: String] = [:]
        for route in ControlRoutes(operations: try await OperationsFixture().operations).plan.routes {
            planned["\(route.method.rawValue) \(route.path)"] = route.role.rawValue
        }
        #expect(planned.count > 25)
        #expect(planned == documented)
    }

    @Test func `whoever only looks changes nothing`() async throws {
        for route in ControlRoutes(operations: try await OperationsFixture().operations).plan.routes
        where route.role == .viewer {
            #expect(route.method == .get || route.path == "/v1/alerts/test", "\(route.method) \(route.path)")
        }
    }

    @Test func `each role may do what those before it may`() throws {
        for (index, role) in ControlRole.allCases.enumerated() {
            let caller = Caller(identity: .token("t", address: "192.0.2.1"), role: role)
            for needed in ControlRole.allCases[...index] { try caller.require(needed) }
            for needed in ControlRole.allCases[(index + 1)...] {
                let failure = #expect(throws: ControlFailure.self) { try caller.require(needed) }
                #expect(failure?.status == .forbidden)
                #expect(failure?.message.contains("takes the role \(needed.rawValue)") == true)
                #expect(failure?.message.contains("\"t\" has the role \(role.rawValue)") == true)
            }
        }
    }
}
