import ChaosChecking
import Foundation
import TestSupport

/// One drill from the first process to the verdict.
struct Drill {
    let seed: UInt64
    let rounds: Int
    let agents: Int
    let alerts: Int
    let kinds: [Fault.Kind]
    let isPatient: Bool
    /// Whether this program may mount a file system that nobody else sees.
    let hasOwnMounts: Bool
    let keepsHomes: Bool

    /// How long it may take until everything that is under way at the end is over, in seconds.
    private static let settlingTime = 120
    /// So many timelines are looked at: each is a call of `edr-control`.
    private static let timelines = 60

    /// - Returns: whether every promise was kept.
    func run() async throws -> Bool {
        let start = MonotonicClock.now()
        let site = try Site(stream: AlertStream(agents: agents, seed: seed), hasOwnDisk: hasOwnMounts)
        let say = { (text: String) in
            let line = String(format: "%8.3f s  ", Double(MonotonicClock.now() - start) / 1e9) + text + "\n"
            // Unbuffered, so that the end of a drill that hangs can be read.
            FileHandle.standardOutput.write(Data(line.utf8))
        }
        var kinds = kinds
        if !site.hasOwnDisk, kinds.contains(.fillDisk) {
            say("fill-disk is left out: it needs root and scripts/chaos, which makes a mount namespace")
            kinds.removeAll { $0 == .fillDisk }
        }
        say("seed \(seed), \(rounds) rounds, \(agents) agents, \(alerts) alerts, in \(site.folder)")
        do {
            return try await run(site, kinds, say)
        } catch {
            site.keepEvidence()
            say("the drill broke off; everything lies in \(site.folder)")
            throw error
        }
    }

    private func run(_ site: Site, _ kinds: [Fault.Kind], _ say: @escaping (String) -> Void) async throws -> Bool {
        try await site.start(agents: agents)
        let plan = FaultPlan.make(
            seed: seed, rounds: kinds.isEmpty ? 0 : rounds, agents: agents, kinds: kinds, isPatient: isPatient)
        let length = plan.reduce(1000) { $0 + $1.pause + $1.length + ($1.again ?? 0) + 100 }
        let canaries = CanaryWatch(recording: site.folder + "/canary")
        let emission = Emission(site.writer, count: alerts, over: length, seed: seed)
        var injector = Injector(site, say: say)
        for (number, fault) in plan.enumerated() {
            try await Task.sleep(for: .milliseconds(fault.pause))
            say("#\(number + 1) " + describe(fault))
            try await injector.perform(fault)
        }
        try emission.finish()
        say("all alerts are written; waiting until everything is over")
        try await settle(site, say)
        var evidence = try await gather(site, torn: injector.torn)
        evidence.canaries = canaries.finish()
        let violations = Checker.violations(in: evidence)
        report(evidence, violations, kills: injector.kills, say)
        if violations.isEmpty, !keepsHomes {
            site.remove()
        } else {
            site.keepEvidence()
            say("homes, logs, source and recording lie in \(site.folder)")
        }
        return violations.isEmpty
    }

    private func describe(_ fault: Fault) -> String {
        var parts = ["\(fault.kind.rawValue) for \(fault.length) ms"]
        switch fault.kind {
        case .killAgent, .killBoth, .stopAgent, .cutLink, .stallLink, .tearJournal:
            parts.append(AlertStream.agentName(fault.agent))
        default: break
        }
        if let again = fault.again { parts.append("killed again after \(again) ms") }
        if fault.killsManager { parts.append("and the manager is killed") }
        return parts.joined(separator: ", ")
    }

    /// Waits until nothing is under way any more; what still is after the time is for the checker.
    private func settle(_ site: Site, _ say: (String) -> Void) async throws {
        try await site.manager.wait(for: "Manager is ready")
        let reader = LedgerReader(site: site)
        let held = site.writer.expectations.count { ($0.timeout ?? 0) > 3600 * 1_000_000_000 }
        let deadline = MonotonicClock.now() + Int64(Self.settlingTime) * 1_000_000_000
        while MonotonicClock.now() < deadline {
            let status = try reader.status()
            let counts = status.dispatches
            let isComplete = counts.values.reduce(0, +) >= site.writer.expectations.count
            let underWay = ["held", "queued", "delivered", "running", "undoing", "undo_failed"].reduce(0) {
                $0 + (counts[$1] ?? 0)
            }
            let left = isComplete ? underWay + max(0, (counts["active"] ?? 0) - held) : Int.max
            if left == 0 {
                // Time for what must not happen: a second run, a second undo.
                return try await Task.sleep(for: .seconds(2))
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        say("not everything is over after \(Self.settlingTime) s")
    }

    private func gather(_ site: Site, torn: [TornRecord]) async throws -> Evidence {
        let reader = LedgerReader(site: site)
        var evidence = Evidence()
        evidence.expectations = site.writer.expectations
        evidence.torn = torn
        evidence.ledger = try reader.entries()
        evidence.endWall = MonotonicClock.wall()
        // The stories of those to which something happened, then of others.
        let interesting = evidence.ledger.indices.sorted {
            (evidence.ledger[$0].state == "unknown" ? 0 : 1, evidence.ledger[$0].id)
                < (evidence.ledger[$1].state == "unknown" ? 0 : 1, evidence.ledger[$1].id)
        }
        for index in interesting.prefix(Self.timelines) {
            evidence.ledger[index].timeline = try reader.timeline(evidence.ledger[index].id)
        }
        await site.stop()
        for program in [site.manager] + site.agents.map(\.program) {
            evidence.outages += program.outages
            evidence.deaths += program.deaths
            evidence.open[program.agent] = try JournalFile(home: program.home).open()
        }
        evidence.runs = (try String(contentsOfFile: site.recording, encoding: .utf8)).split(separator: "\n")
            .compactMap(RecordedRun.init(line:))
        return evidence
    }

    private func report(_ evidence: Evidence, _ violations: [Violation], kills: Int, _ say: (String) -> Void) {
        let states = Dictionary(grouping: evidence.ledger, by: \.state).mapValues(\.count)
        let text = states.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        say("\(kills) kills, \(evidence.outages.count) outages, \(evidence.torn.count) torn journals")
        say("\(evidence.expectations.count) expected dispatches, \(evidence.runs.count) runs; the ledger has \(text)")
        let slowest = Double(evidence.canaries.map(\.delay).max() ?? 0) / 1e6
        say(String(format: "starting a script took the machine %.0f ms at worst", slowest))
        for violation in violations { say("VIOLATION \(violation)") }
        say(violations.isEmpty ? "every promise was kept" : "\(violations.count) violations")
    }
}
