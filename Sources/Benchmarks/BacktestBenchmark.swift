import Alerts
import Backtest
import Policy

/// How many alerts a second `alerts backtest` replays, beside what deciding alone takes of the same alerts in the same
/// run.
struct BacktestBenchmark {
    /// As `edr-control` reads a file, in bytes.
    private static let chunk = 1 << 20

    /// Measures both in turn, so that whatever else the machine does hits both, and prints the medians and their ratio.
    ///
    /// By the time that this thread had a core. The candidate is compared with a current configuration of as many
    /// responses.
    static func run(runs: Int = 9) {
        guard let definition = DecideBenchmark.definition() else { return }
        let policy = Policy(definition)
        let corpus = AlertCorpus(count: DecideBenchmark.alertCount, firingEvery: DecideBenchmark.firingEvery)
        let count = Double(corpus.lines.count)
        var rates: (decide: [Double], backtest: [Double]) = ([], [])
        for run in 1...runs {
            let start = DecideBenchmark.coreSeconds()
            _ = DecideBenchmark.decide(corpus, .wazuh, policy, DecideBenchmark.agents)
            let middle = DecideBenchmark.coreSeconds()
            let report = replay(corpus, definition)
            let end = DecideBenchmark.coreSeconds()
            rates.decide.append(count / (middle - start))
            rates.backtest.append(count / (end - middle))
            let isRight = report.fired == corpus.firing && report.files.first?.alerts == corpus.lines.count
            print(
                "run \(run): decide \(Int(count / (middle - start))), backtest \(Int(count / (end - middle))) alerts/s"
                    + (isRight ? "" : ", WRONG: \(report.fired) of \(corpus.firing) fired"))
        }
        let decide = rates.decide.sorted()[runs / 2]
        let backtest = rates.backtest.sorted()[runs / 2]
        print("median by core time: decide \(Int(decide)), backtest \(Int(backtest)) alerts/s")
        print("backtest/decide: \((backtest / decide * 100).rounded() / 100)")
    }

    private static func replay(_ corpus: AlertCorpus, _ definition: PolicyDefinition) -> BacktestReport {
        var replay = Replay(
            candidate: definition, current: definition, agents: .known(DecideBenchmark.agents), host: "manager")
        var splitter = LineSplitter(offset: 0)
        replay.begin(file: "benchmark")
        corpus.bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                let end = min(start + chunk, bytes.count)
                splitter.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) { line, _ in replay.take(line) }
            }
        }
        return replay.report(top: 10)
    }
}
