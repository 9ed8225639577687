import ChaosChecking
import Testing

@Suite struct `A plan of faults` {
    private func plan(seed: UInt64, isPatient: Bool = false) -> [Fault] {
        FaultPlan.make(seed: seed, rounds: 400, agents: 3, kinds: Fault.Kind.allCases, isPatient: isPatient)
    }

    @Test func `is the same for the same seed and another for another`() {
        #expect(plan(seed: 7) == plan(seed: 7))
        #expect(plan(seed: 7) != plan(seed: 8))
    }

    @Test func `holds every kind, in every form`() {
        let faults = plan(seed: 1)
        #expect(Set(faults.map(\.kind)) == Set(Fault.Kind.allCases))
        #expect(Set(faults.map(\.agent)) == [0, 1, 2])
        #expect(faults.contains { $0.kind == .killBoth && $0.kills == 4 })
        #expect(faults.contains { $0.kind == .fillDisk && $0.kills == 1 })
        #expect(faults.allSatisfy { $0.kind != .rotateCopy || $0.kills == 0 })
        #expect(faults.allSatisfy { $0.length <= 1500 })
    }

    @Test func `outlasts heartbeats only when it may`() {
        #expect(plan(seed: 1, isPatient: true).contains { $0.kind == .stallLink && $0.length > 20_000 })
    }

    @Test func `the generator gives the published numbers of SplitMix64`() {
        // The first outputs for seed 1234567 of the reference implementation by Vigna.
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }
}
