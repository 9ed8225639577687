import Backtest
import Foundation
import Policy

/// The outcome of a backtest as a JSON document (docs/reference/edr-control.md, "alerts backtest").
///
/// Keys become snake_case when they are encoded; they are stable.
struct BacktestDocument: Encodable {
    struct File: Encodable {
        struct Problem: Encodable {
            let line: Int
            let error: String
        }
        let file: String
        let alerts: Int
        let invalid: Int
        let firstInvalid: Nullable<Problem>
    }
    struct Alerts: Encodable {
        let read: Int
        let invalid: Int
        let matched: Int
        let repeated: Int
        let fired: Int
        let first: Nullable<String>
        let last: Nullable<String>
    }
    struct Peak: Encodable {
        let count: Int
        let at: Nullable<String>

        init(_ peak: BacktestReport.Peak) {
            count = peak.count
            at = .init(peak.count > 0 ? BacktestOutcome.time(peak.at) : nil)
        }
    }
    struct Target: Encodable {
        let srcip: Nullable<String>
        let user: Nullable<String>
        let filename: Nullable<String>
        let count: Int
    }
    struct Agent: Encodable {
        let id: String
        let name: Nullable<String>
        let count: Int
    }
    struct WhiteListed: Encodable {
        let source: String
        let reason: String
        let count: Int
    }
    struct Reason: Encodable {
        let reason: String
        let count: Int
    }
    struct Ranking<Item: Encodable>: Encodable {
        let count: Int
        let distinct: Int
        /// Whether `distinct` is all of them.
        let complete: Bool
        let top: [Item]

        init<Value>(_ ranking: BacktestReport.Ranking<Value>, item: (Value, Int) -> Item) {
            count = ranking.total
            distinct = ranking.distinct
            complete = ranking.isComplete
            top = ranking.top.map { item($0.value, $0.count) }
        }
    }
    struct Response: Encodable {
        let activeResponse: String
        let command: String
        let location: String
        let mode: String
        let timeoutSeconds: Int
        let fired: Int
        let runs: Int
        let prolonged: Int
        let lengthened: Int
        let first: Nullable<String>
        let last: Nullable<String>
        let targets: Ranking<Target>
        let agents: Ranking<Agent>
        let whiteListed: Ranking<WhiteListed>
        let notRun: Ranking<Reason>
        let peakBans: Nullable<Peak>
    }
    struct Example: Encodable {
        let alertId: String
        let timestamp: Nullable<String>
        let file: String
        let line: Int
        let only: String
        let reason: String
    }
    struct Difference: Encodable {
        let activeResponse: String
        let change: String
        let candidate: Int
        let current: Int
        let onlyCandidate: Int
        let onlyCurrent: Int
        let examples: [Example]
    }

    let candidate: String
    let current: Nullable<String>
    let agentsFrom: String
    let agents: Int
    let files: [File]
    let alerts: Alerts
    let responses: [Response]
    let peakBans: Peak
    /// Null when there was nothing to compare with.
    let differences: Nullable<[Difference]>
    let seconds: Double
    let alertsPerSecond: Int

    init(_ outcome: BacktestOutcome) {
        let report = outcome.report
        candidate = outcome.candidate
        current = .init(outcome.current)
        agentsFrom = outcome.agentsFrom.rawValue
        agents = report.agents.count
        files = report.files.map { file in
            File(
                file: file.name, alerts: file.alerts, invalid: file.invalid,
                firstInvalid: .init(file.firstInvalid.map { .init(line: $0.line, error: $0.error) }))
        }
        alerts = Alerts(
            read: outcome.read, invalid: outcome.invalid, matched: report.matched, repeated: report.repeated,
            fired: report.fired, first: .init(BacktestOutcome.time(report.first)),
            last: .init(BacktestOutcome.time(report.last)))
        responses = report.responses.map { Self.response($0, outcome) }
        peakBans = Peak(report.peak)
        differences = .init(report.differences.map { $0.map(Self.difference) })
        seconds = (outcome.seconds * 1000).rounded() / 1000
        alertsPerSecond = outcome.alertsPerSecond
    }

    private static func response(_ response: BacktestReport.Response, _ outcome: BacktestOutcome) -> Response {
        let definition = response.definition
        return Response(
            activeResponse: definition.name, command: definition.command.name,
            location: definition.location.description, mode: definition.mode.rawValue,
            timeoutSeconds: Int(definition.timeout.components.seconds), fired: response.fired, runs: response.runs,
            prolonged: response.prolonged, lengthened: response.lengthened,
            first: .init(BacktestOutcome.time(response.first)), last: .init(BacktestOutcome.time(response.last)),
            targets: .init(response.targets) { target, count in
                Target(
                    srcip: .init(target.sourceAddress), user: .init(target.user), filename: .init(target.filename),
                    count: count)
            },
            agents: .init(response.machines) { machine, count in
                let id = BacktestText.id(of: machine)
                return Agent(id: id, name: .init(outcome.name(ofAgent: id)), count: count)
            },
            whiteListed: .init(response.whiteListed) { .init(source: $0.source, reason: $0.reason, count: $1) },
            notRun: .init(response.reasons) { .init(reason: $0, count: $1) },
            peakBans: .init(response.peak.map(Peak.init)))
    }

    private static func difference(_ difference: BacktestReport.Difference) -> Difference {
        Difference(
            activeResponse: difference.name, change: difference.change.rawValue, candidate: difference.candidate,
            current: difference.current, onlyCandidate: difference.onlyCandidate,
            onlyCurrent: difference.onlyCurrent,
            examples: difference.examples.map { example in
                Example(
                    alertId: example.alertID, timestamp: .init(BacktestOutcome.time(example.raisedAt)),
                    file: example.file, line: example.line, only: example.only.rawValue, reason: example.reason)
            })
    }

    /// The document, indented.
    func json() throws(ControlError) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw .failed("the result cannot be written as JSON: \(error)")
        }
    }
}
