/// The faults of a drill, drawn from a seed: the same seed, the same plan.
package enum FaultPlan {
    /// Heartbeats give a silent peer up after 20 s; now and then a fault lasts longer.
    private static let beyondHeartbeat = 21_000...23_000

    /// - Parameters:
    ///   - rounds: how many faults.
    ///   - agents: how many agents there are, at least 1.
    ///   - kinds: what may happen, at least one.
    ///   - isPatient: whether one in twelve stops and stalls may outlast the heartbeats.
    package static func make(
        seed: UInt64, rounds: Int, agents: Int, kinds: [Fault.Kind], isPatient: Bool
    ) -> [Fault] {
        var generator = SeededGenerator(seed: seed)
        return (0..<rounds).map { _ in
            let kind = kinds.randomElement(using: &generator) ?? .killManager
            var fault = Fault(
                kind: kind, agent: Int.random(in: 0..<agents, using: &generator),
                pause: Int.random(in: 100...1200, using: &generator),
                length: Int.random(in: 20...1500, using: &generator),
                again: Int.random(in: 0..<4, using: &generator) == 0 ? .random(in: 0...400, using: &generator) : nil,
                killsManager: Int.random(in: 0..<3, using: &generator) == 0,
                variant: Int.random(in: 0..<1 << 16, using: &generator))
            let isLong = Int.random(in: 0..<12, using: &generator) == 0
            let long = Int.random(in: beyondHeartbeat, using: &generator)
            switch kind {
            case .stopManager, .stopAgent, .stallLink, .cutLink:
                fault.again = nil
                fault.killsManager = false
                if isLong, isPatient { fault.length = long }
            case .killManager, .killAgent, .killBoth, .tearJournal:
                fault.killsManager = false
            case .rotateCopy:
                // What was written but not read is gone with copytruncate: that is its nature, not the manager's.
                fault.again = nil
                fault.killsManager = false
            case .tearSource, .rotateRename, .fillDisk:
                fault.again = nil
            }
            return fault
        }
    }
}
