import Alerts
import ConfigurationTree
import Glibc
import Policy

/// How many alerts a second one core decides, from the line's bytes to the decisions.
struct DecideBenchmark {
    static let alertCount = 200_000
    static let responseCount = 200
    static let firingEvery = 10_000

    /// Measures several runs over the same corpus of each format and prints each and their medians.
    ///
    /// By the wall clock, and by the time that this thread had a core: on a busy machine only the latter tells
    /// something about the program.
    static func run(runs: Int = 9) {
        guard let definition = definition() else { return }
        let policy = Policy(definition)
        print("\(definition.responses.count) active responses")
        for format in AlertFormat.allCases { measure(format, policy, runs: runs) }
    }

    private static func measure(_ format: AlertFormat, _ policy: Policy, runs: Int) {
        let corpus = AlertCorpus(count: alertCount, firingEvery: firingEvery, format: format)
        let average = corpus.bytes.count / corpus.lines.count
        print("\(corpus.lines.count) alerts of \(format) of \(average) bytes on average")
        var wallRates: [Double] = []
        var coreRates: [Double] = []
        for run in 1...runs {
            let clock = ContinuousClock()
            let (start, coreStart) = (clock.now, coreSeconds())
            let fired = decide(corpus, format, policy, agents)
            let count = Double(corpus.lines.count)
            wallRates.append(count / ((clock.now - start) / .seconds(1)))
            coreRates.append(count / (coreSeconds() - coreStart))
            let verdict = fired == corpus.firing ? "" : ", WRONG: \(corpus.firing) should"
            print("run \(run): \(Int(wallRates[run - 1])) alerts/s, \(fired) fired\(verdict)")
        }
        for (name, rates) in [("wall clock", wallRates), ("core time", coreRates)] {
            let median = rates.sorted()[rates.count / 2]
            print("median by \(name): \(Int(median)) alerts/s, \(Int(median * Double(average) / 1e6)) MB/s")
        }
    }

    /// The agents that the corpus is about.
    static let agents = AgentDirectory((0..<500).map { AgentDirectory.Entry(id: "\(1000 + $0)", name: "web-\($0)") })

    /// The policy that is measured with; nil, and printed why, when it has errors.
    static func definition() -> PolicyDefinition? {
        let diagnostics = Diagnostics()
        let sections = ConfigurationFile.parse(
            Array(AlertCorpus.policyXML(responses: responseCount).utf8), name: "benchmark.conf", format: .xml,
            diagnostics: diagnostics)
        let definition = PolicyDefinition(sections: sections, diagnostics: diagnostics)
        for diagnostic in diagnostics.all where diagnostics.hasErrors { print(diagnostic) }
        return diagnostics.hasErrors ? nil : definition
    }

    /// How long this thread has been running.
    static func coreSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func decide(
        _ corpus: AlertCorpus, _ format: AlertFormat, _ policy: Policy, _ agents: AgentDirectory
    ) -> Int {
        var scanner = AlertScanner()
        var cache = CandidateCache()
        var fired = 0
        corpus.bytes.withUnsafeBytes { bytes in
            for range in corpus.lines {
                let line = UnsafeRawBufferPointer(rebasing: bytes[range])
                guard let fields = try? scanner.scan(line, as: format),
                    policy.mayFire(fields, line: line, cache: &cache)
                else {
                    continue
                }
                guard let alert = try? Alert(fields, line: line, host: "soc-mgr") else { continue }
                for decision in policy.decide(alert, agents: agents) {
                    if case .fires = decision.outcome { fired += 1 }
                }
            }
        }
        return fired
    }
}
