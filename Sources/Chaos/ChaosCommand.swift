import ArgumentParser
import ChaosChecking
import Foundation

/// `scripts/chaos`: real programs under load, faults at random moments, and a verdict.
@main struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Runs a manager and agents under load, breaks them at random moments, and checks every promise.",
        discussion: "Ends with status 0 when every promise was kept, else with 1 and keeps the homes.")

    @Option(help: "How many faults.")
    var rounds = 40

    @Option(help: "The same seed makes the same plan of faults and the same alerts.")
    var seed: UInt64 = .random(in: 1...999_999)

    @Option(help: "How many agents.")
    var agents = 3

    @Option(help: "How many alerts.")
    var alerts = 4000

    @Option(help: "Only these faults, with commas: \(Fault.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: String?

    @Flag(help: "Some stops and stalls outlast the heartbeats (20 s).")
    var patient = false

    @Flag(help: "This program has a mount namespace of its own, so that it may fill a disk (scripts/chaos sees to it).")
    var ownMounts = false

    @Flag(help: "Keep the homes, whatever the verdict.")
    var keep = false

    func validate() throws {
        guard (1...99).contains(agents) else { throw ValidationError("--agents must be from 1 to 99") }
        guard rounds >= 0, (1...99_999).contains(alerts) else {
            throw ValidationError("--rounds must be at least 0 and --alerts from 1 to 99999")
        }
        _ = try kinds()
    }

    func run() async throws {
        let drill = Drill(
            seed: seed, rounds: rounds, agents: agents, alerts: alerts, kinds: try kinds(), isPatient: patient,
            hasOwnMounts: ownMounts, keepsHomes: keep)
        if try await !drill.run() { throw ExitCode.failure }
    }

    private func kinds() throws -> [Fault.Kind] {
        guard let only else { return Fault.Kind.allCases }
        return try only.split(separator: ",").map { name in
            guard let kind = Fault.Kind(rawValue: String(name)) else {
                throw ValidationError("there is no fault \"\(name)\"")
            }
            return kind
        }
    }
}
