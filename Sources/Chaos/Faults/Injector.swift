import ChaosChecking
import Foundation
import TestSupport

/// Makes faults happen and heals them again.
struct Injector {
    let site: Site
    let say: (String) -> Void
    private(set) var torn: [TornRecord] = []
    private(set) var kills = 0

    init(_ site: Site, say: @escaping (String) -> Void) {
        self.site = site
        self.say = say
    }

    mutating func perform(_ fault: Fault) async throws {
        let agent = site.agents[fault.agent]
        switch fault.kind {
        case .killManager: try await kill([site.manager], fault)
        case .killAgent: try await kill([agent.program], fault)
        case .killBoth: try await kill([site.manager, agent.program], fault)
        case .stopManager: try await freeze(site.manager, fault)
        case .stopAgent: try await freeze(agent.program, fault)
        case .cutLink:
            agent.link.cut()
            try await rest(fault.length)
            agent.link.open()
        case .stallLink:
            agent.link.stall(toManager: fault.variant % 3 != 1, toAgent: fault.variant % 3 != 0)
            try await rest(fault.length)
            agent.link.open()
        case .tearJournal: try await tearJournal(agent.program, fault)
        case .tearSource:
            try site.writer.tearLine(variant: fault.variant)
            try await killInside(fault)
            try site.writer.completeLine()
        case .rotateRename: try await rotate(fault)
        case .rotateCopy: try await rotateByCopy()
        case .fillDisk: try await fillDisk(fault)
        }
    }

    // MARK: - Processes

    private mutating func kill(_ programs: [Program], _ fault: Fault) async throws {
        for program in programs { await crash(program) }
        try await rest(fault.length)
        for program in programs { try program.start() }
        guard let again = fault.again else { return }
        try await rest(again)
        for program in programs { await crash(program) }
        for program in programs { try program.start() }
    }

    private mutating func crash(_ program: Program) async {
        await program.crash()
        kills += 1
    }

    private func freeze(_ program: Program, _ fault: Fault) async throws {
        let from = MonotonicClock.now()
        program.freeze()
        try await rest(fault.length)
        program.thaw(since: from)
    }

    private mutating func tearJournal(_ agent: Program, _ fault: Fault) async throws {
        await crash(agent)
        let journal = JournalFile(home: agent.home)
        // `variant` chooses the place as well, so the form is chosen by other bits of it.
        if fault.variant >> 12 & 1 == 0 {
            try journal.appendGarbage(variant: fault.variant)
            say("  the journal of agent \(agent.agent) got garbage at its end")
        } else {
            let lost = try journal.cutLastBatch(variant: fault.variant)
            torn += lost
            for record in lost {
                say("  the journal of agent \(agent.agent) lost \"\(record.kind)\" of \(record.dispatch ?? "nothing")")
            }
        }
        try await rest(fault.length)
        try agent.start()
        guard let again = fault.again else { return }
        try await rest(again)
        await crash(agent)
        try agent.start()
    }

    /// Lets the time of a fault pass, and kills the manager meanwhile if the fault says so.
    private mutating func killInside(_ fault: Fault) async throws {
        try await rest(fault.length / 2)
        if fault.killsManager {
            await crash(site.manager)
            try await rest(fault.length / 2)
            try site.manager.start()
        } else {
            try await rest(fault.length / 2)
        }
    }

    // MARK: - Source

    private mutating func rotate(_ fault: Fault) async throws {
        let isLate = fault.variant & 2 != 0
        if fault.killsManager, fault.variant & 1 != 0 {
            await crash(site.manager)
            try await rest(fault.length)
            try site.writer.rotateByRename(isLate: isLate)
            try await rest(fault.length / 4)
            try site.manager.start()
        } else {
            // A line that comes into the old file after a restart that found it finished is not looked for there.
            try site.writer.rotateByRename(isLate: isLate && !fault.killsManager)
            try await killInside(fault)
        }
    }

    /// `copytruncate` loses what was not read: it is done when everything is in the ledger.
    private func rotateByCopy() async throws {
        site.writer.hold()
        defer { site.writer.release() }
        try site.writer.emitWhileHeld()
        let expected = site.writer.expectations.count
        for _ in 0..<200 {
            if let status = try? LedgerReader(site: site).status(), status.dispatches.values.reduce(0, +) == expected {
                return try site.writer.rotateByCopy()
            }
            try await rest(50)
        }
        say("  left out: the manager has not read everything after 10 s")
    }

    // MARK: - Disk

    private mutating func fillDisk(_ fault: Fault) async throws {
        let filler = try OwnDisk.fill(site.manager.home)
        if fault.killsManager {
            try await rest(fault.length / 2)
            await crash(site.manager)
            // On a full disk it may give up at its start; it is started again like a service manager does.
            try site.manager.start()
            try await rest(fault.length)
        } else {
            try await rest(fault.length)
        }
        unlink(filler)
        if fault.killsManager {
            try await rest(500)
            try site.manager.startAgainIfEnded()
        }
    }

    private func rest(_ milliseconds: Int) async throws {
        try await Task.sleep(for: .milliseconds(milliseconds))
    }
}
