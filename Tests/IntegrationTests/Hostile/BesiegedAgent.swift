import ActiveResponse
import Foundation
import TLS
import TestSupport
import Testing

/// A running agent whose manager's place is taken by whoever the test puts there.
final class BesiegedAgent {
    let home: TemporaryHome
    private(set) var agent: DaemonProcess
    let port: Int
    /// The real manager's authority, which only a test can hold.
    let authority: CertificateAuthority
    /// Another agent of the same manager.
    let otherHome: TemporaryHome
    private let fleet: Fleet
    private var orderCount = 0

    init() async throws {
        fleet = try Fleet(policy: policy())
        let manager = try await fleet.startManager()
        home = try fleet.enrollAgent(named: "web-03")
        otherHome = try fleet.enrollAgent(named: "db-01")
        await manager.stop()
        try home.addRecorder()
        port = fleet.port
        authority = try CertificateAuthority(directory: fleet.managerHome.path + "/etc/tls")
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
        try await agent.line(containing: "Manager cannot be reached")
    }

    /// What a manager would have that holds the real authority's key.
    func realContext() throws -> TLSContext {
        let key = try PrivateKey()
        return try .server(
            authority: authority.certificate, certificate: authority.issueServerCertificate(for: key), key: key)
    }

    /// A manager with that context, and the agent's first link to it.
    func betrayed(heartbeatSeconds: UInt64 = 30) async throws -> (HostileManager, HostileManager.Link) {
        let manager = try await HostileManager.start(realContext(), port: port)
        let link = try await manager.link()
        try await link.welcome(heartbeatSeconds: heartbeatSeconds)
        return (manager, link)
    }

    /// An order for this agent that is as it should be, but for what the test changes.
    func order(_ change: (inout Order) -> Void = { _ in }) -> Order {
        orderCount += 1
        var order = Order(
            id: .of(alertIdentity: Array("\(orderCount)".utf8), activeResponse: "evil", agent: "001", action: "add"),
            command: "record", activeResponse: "evil", executable: "record",
            sourceAddress: "198.51.100.\(orderCount % 250)", alertID: "1.\(orderCount)", ruleID: "5712",
            agentName: "web-03", agentID: "001", managerName: "evil")
        change(&order)
        return order
    }

    /// The agent's resident memory in KB.
    var memory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(agent.pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? -1
    }

    /// Expects the agent to take at most so many KB more than before.
    ///
    /// Under a sanitizer that cannot be told: it keeps what was freed for a while.
    func expectMemory(atMost growth: Int, above before: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        guard !Sanitizer.isOn else { return print("The agent's memory is not looked at under a sanitizer.") }
        let grown = memory - before
        #expect(grown < growth, "\(grown) KB more", sourceLocation: sourceLocation)
    }

    /// Stops the agent and starts it again.
    func restart() async throws {
        await agent.stop()
        agent = try DaemonProcess("edr-agent", ["--home", home.path])
    }

    func stop() async -> Int32 {
        await agent.stop()
    }
}
