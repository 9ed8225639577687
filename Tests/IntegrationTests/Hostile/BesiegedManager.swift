import Foundation
import TLS
import TestSupport
import Testing

/// A running manager with a good agent, which must get its orders whatever hostile peers do meanwhile.
final class BesiegedManager {
    /// What a good agent may wait for an order while others keep the manager busy.
    static let patience: Duration = Sanitizer.isOn ? .seconds(60) : .seconds(5)

    let fleet: Fleet
    let manager: DaemonProcess
    let home: TemporaryHome
    private let agent: DaemonProcess
    private var alertCount = 0

    init() async throws {
        fleet = try Fleet(policy: policy())
        manager = try await fleet.startManager()
        home = try fleet.enrollAgent(named: "web-03")
        try home.addRecorder()
        agent = try await fleet.startAgent(home)
        try await manager.line(containing: "Agent is connected")
    }

    var port: Int { fleet.port }

    func stop() async {
        await agent.stop()
        await manager.stop()
    }

    /// Lets an alert come and returns how long it took until its response was done.
    @discardableResult
    func agentStillServed() async throws -> Duration {
        alertCount += 1
        let start = ContinuousClock.now
        try fleet.append(alert: Fleet.alert(id: "1744557901.\(alertCount)", srcip: "198.51.100.\(alertCount)"))
        // Longer than the patience, so that what took too long is told apart from what never came.
        while ContinuousClock.now - start < Self.patience * 2 {
            if home.record.count >= alertCount { return ContinuousClock.now - start }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw NotSeen("the good agent did not get order \(alertCount)")
    }

    /// The context of a peer with these credentials, that trusts the manager.
    func context(_ certificate: Certificate, _ key: PrivateKey) throws -> TLSContext {
        try .agent(authority: authority.certificate, certificate: certificate, key: key)
    }

    /// The manager's own authority, which only a test can hold.
    var authority: CertificateAuthority {
        get throws { try CertificateAuthority(directory: fleet.managerHome.path + "/etc/tls") }
    }

    /// The context of an agent that was enrolled in a home.
    func context(of home: TemporaryHome) throws -> TLSContext {
        try context(
            Certificate(file: home.path + "/etc/tls/agent.pem"),
            PrivateKey(file: home.path + "/etc/tls/agent-key.pem"))
    }

    /// How many descriptors the manager has open.
    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(manager.pid)/fd").count) ?? -1
    }

    /// The manager's resident memory in KB.
    var memory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(manager.pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? -1
    }

    /// Expects the manager to take at most so many KB more than before.
    ///
    /// Under a sanitizer that cannot be told: it keeps what was freed for a while.
    func expectMemory(
        atMost growth: Int, above before: Int, _ circumstances: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard !Sanitizer.isOn else { return print("The manager's memory is not looked at under a sanitizer.") }
        let grown = memory - before
        #expect(grown < growth, "\(grown) KB more \(circumstances)", sourceLocation: sourceLocation)
    }

    /// Waits until the manager has no more descriptors than before.
    func descriptorsBack(to count: Int, within seconds: Int = 20) async throws {
        for _ in 0..<seconds * 20 {
            if descriptors <= count { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSeen("the manager has \(descriptors) descriptors, and had \(count)")
    }
}
