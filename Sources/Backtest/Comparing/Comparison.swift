import Policy

/// Holds the decisions of two configurations about the same alerts against each other, response by response.
///
/// Responses are the same when their names are.
struct Comparison: Sendable {
    private struct Count: Sendable {
        var candidate = 0
        var current = 0
        var onlyCandidate: [BacktestReport.Example] = []
        var onlyCurrent: [BacktestReport.Example] = []
        var onlyCandidateCount = 0
        var onlyCurrentCount = 0
    }

    private let candidateNames: Set<String>
    private let currentNames: Set<String>
    /// In the order of the candidate, then those that it has no more.
    private let names: [String]
    private let exampleLimit: Int
    private var counts: [String: Count] = [:]

    /// - Parameter examples: how many alerts are kept for each response and side.
    init(candidate: [ActiveResponseDefinition], current: [ActiveResponseDefinition], examples: Int) {
        let old = current.filter { !$0.disabled }.map(\.name)
        let new = candidate.filter { !$0.disabled }.map(\.name)
        candidateNames = Set(new)
        currentNames = Set(old)
        names = new + old.filter { !new.contains($0) }
        exampleLimit = examples
    }

    /// Counts what both decided about an alert.
    ///
    /// - Parameter example: makes an example of the alert.
    mutating func add(
        candidate: [Decision], current: [Decision],
        example: (BacktestReport.Side, _ reason: String) -> BacktestReport.Example
    ) {
        for decision in candidate where decision.fires {
            var count = counts[decision.response.name] ?? Count()
            count.candidate += 1
            if let reason = Self.objection(to: decision.response.name, in: current, known: currentNames) {
                count.onlyCandidateCount += 1
                if count.onlyCandidate.count < exampleLimit { count.onlyCandidate.append(example(.candidate, reason)) }
            }
            counts[decision.response.name] = count
        }
        for decision in current where decision.fires {
            var count = counts[decision.response.name] ?? Count()
            count.current += 1
            if let reason = Self.objection(to: decision.response.name, in: candidate, known: candidateNames) {
                count.onlyCurrentCount += 1
                if count.onlyCurrent.count < exampleLimit { count.onlyCurrent.append(example(.current, reason)) }
            }
            counts[decision.response.name] = count
        }
    }

    /// Why the response of a name does not fire; nil when it does.
    private static func objection(to name: String, in decisions: [Decision], known: Set<String>) -> String? {
        guard let decision = decisions.first(where: { $0.response.name == name }) else {
            return known.contains(name)
                ? "its level, rules_group and rules_id do not match" : "there is no active response of that name"
        }
        if case .skipped(let reason) = decision.outcome { return reason }
        return nil
    }

    /// One entry for each response of either configuration.
    var differences: [BacktestReport.Difference] {
        names.map { name in
            let count = counts[name] ?? Count()
            return BacktestReport.Difference(
                name: name, change: change(name, count), candidate: count.candidate, current: count.current,
                onlyCandidate: count.onlyCandidateCount, onlyCurrent: count.onlyCurrentCount,
                examples: count.onlyCandidate + count.onlyCurrent)
        }
    }

    private func change(_ name: String, _ count: Count) -> BacktestReport.Change {
        if !currentNames.contains(name) { return .new }
        if !candidateNames.contains(name) { return .gone }
        if count.candidate != count.current { return count.candidate > count.current ? .more : .less }
        return count.onlyCandidateCount > 0 ? .other : .same
    }
}

extension Decision {
    /// Whether an order goes to any machine.
    var fires: Bool {
        if case .fires = outcome { return true }
        return false
    }
}
