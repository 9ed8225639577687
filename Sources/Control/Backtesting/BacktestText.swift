import Backtest
import Policy

/// The outcome of a backtest for people: a summary and a table for each question.
struct BacktestText {
    private let outcome: BacktestOutcome
    private let times: LocalTime

    init(_ outcome: BacktestOutcome, times: LocalTime) {
        self.outcome = outcome
        self.times = times
    }

    /// The id of a machine; `000` is the manager.
    static func id(of machine: Target) -> String {
        switch machine {
        case .server: "000"
        case .agent(let id): id
        }
    }

    /// Everything, tables without rows left out.
    var text: String {
        let parts: [(title: String, text: String?)] = [
            ("", summary), ("Responses", responses), ("Targets", targets), ("Agents", agents),
            ("Prevented by the white list", whiteListed), ("Did not run", reasons),
            ("Difference to the current configuration", differences),
            ("Alerts for which a response fires under one configuration only", examples),
        ]
        return parts.compactMap { part in
            part.text.map { part.title.isEmpty ? $0 : "\(part.title)\n\n\($0)" }
        }.joined(separator: "\n\n")
    }

    private var summary: String {
        let report = outcome.report
        var details = Details()
        details.add("candidate", outcome.candidate)
        details.add("current", outcome.current ?? "none to compare with")
        details.add("agents", "\(report.agents.count), \(outcome.agentsFrom.text)")
        for file in report.files {
            var text = "\(file.name): \(file.alerts) alerts"
            if let first = file.firstInvalid {
                text += "; lines that are none: \(file.invalid), the first is line \(first.line): \(first.error)"
            }
            details.add("history", text)
        }
        var matched = "\(report.matched) by level, rules_group or rules_id"
        if report.repeated > 0 { matched += ", \(report.repeated) of them seen before and left out" }
        details.add("matched", matched)
        details.add("fired for", "\(report.fired) alerts")
        details.add("white-listed", "\(outcome.whiteListed) times a response did not fire")
        if let first = time(report.first), let last = time(report.last) { details.add("from", "\(first) to \(last)") }
        details.add("peak bans", peak(report.peak))
        let limited = report.responses.map(\.definition)
            .filter { $0.limits != ResponseLimits() || $0.approval.isRequired }
        if !limited.isEmpty {
            let names = limited.map(\.name).joined(separator: ", ")
            details.add("not replayed", "limits and require_approval; what they would hold counts as run (\(names))")
        }
        details.add("speed", "\(outcome.alertsPerSecond) alerts/s")
        return details.text
    }

    private var responses: String? {
        var table = Table([
            "ACTIVE RESPONSE", "COMMAND", "LOCATION", "MODE", "FIRED", "RUNS", "PROLONGED", "LENGTHENED",
            "WHITE-LISTED", "NOT RUN", "TARGETS", "AGENTS", "PEAK BANS", "FIRST", "LAST",
        ])
        for response in outcome.report.responses {
            let definition = response.definition
            table.add([
                definition.name, definition.command.name, definition.location.description, definition.mode.rawValue,
                String(response.fired), String(response.runs), String(response.prolonged),
                String(response.lengthened), String(response.whiteListed.total), String(response.reasons.total),
                distinct(response.targets), distinct(response.machines), response.peak.map(peak), time(response.first),
                time(response.last),
            ])
        }
        return outcome.report.responses.isEmpty ? nil : table.text
    }

    private var targets: String? {
        rows(["ACTIVE RESPONSE", "TARGET", "COUNT"]) { response in
            response.targets.top.map { [$0.value.description, String($0.count)] }
        }
    }

    private var agents: String? {
        rows(["ACTIVE RESPONSE", "AGENT", "NAME", "COUNT"]) { response in
            response.machines.top.map { machine, count in
                let id = Self.id(of: machine)
                return [id, machine == .server ? "(the manager)" : outcome.name(ofAgent: id), String(count)]
            }
        }
    }

    private var whiteListed: String? {
        rows(["ACTIVE RESPONSE", "SOURCE", "COUNT", "REASON"]) { response in
            response.whiteListed.top.map { [$0.value.source, String($0.count), $0.value.reason] }
        }
    }

    private var reasons: String? {
        rows(["ACTIVE RESPONSE", "COUNT", "REASON"]) { response in
            response.reasons.top.map { [String($0.count), $0.value] }
        }
    }

    private var differences: String? {
        guard let differences = outcome.report.differences else { return nil }
        var table = Table(["ACTIVE RESPONSE", "CHANGE", "CURRENT", "CANDIDATE", "ONLY CURRENT", "ONLY CANDIDATE"])
        for difference in differences {
            table.add([
                difference.name, difference.change.rawValue, String(difference.current),
                String(difference.candidate), String(difference.onlyCurrent), String(difference.onlyCandidate),
            ])
        }
        return table.text
    }

    private var examples: String? {
        let examples = (outcome.report.differences ?? []).flatMap { difference in
            difference.examples.map { (difference.name, $0) }
        }
        guard !examples.isEmpty else { return nil }
        var table = Table(["ACTIVE RESPONSE", "ONLY", "ALERT", "RAISED", "PLACE", "WHY NOT UNDER THE OTHER"])
        for (name, example) in examples {
            table.add([
                name, example.only.rawValue, example.alertID, time(example.raisedAt),
                "\(example.file):\(example.line)", example.reason,
            ])
        }
        return table.text
    }

    /// A table with some rows for each response; nil when there are none at all.
    private func rows(_ headings: [String], _ rows: (BacktestReport.Response) -> [[String?]]) -> String? {
        var table = Table(headings)
        var isEmpty = true
        for response in outcome.report.responses {
            for row in rows(response) {
                table.add([response.definition.name] + row)
                isEmpty = false
            }
        }
        return isEmpty ? nil : table.text
    }

    private func distinct<Value>(_ ranking: BacktestReport.Ranking<Value>) -> String {
        ranking.isComplete ? String(ranking.distinct) : "over \(ranking.distinct)"
    }

    private func peak(_ peak: BacktestReport.Peak) -> String {
        guard peak.count > 0, let at = time(peak.at) else { return "0" }
        return "\(peak.count) at \(at)"
    }

    private func time(_ milliseconds: Int64?) -> String? {
        times.text(BacktestOutcome.time(milliseconds))
    }
}
