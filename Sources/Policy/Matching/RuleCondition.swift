import Alerts

/// Which rules an active response is for, as in Wazuh 4.x: (level and groups, when both are given) or rule id.
struct RuleCondition: Sendable {
    private let level: Int?
    private let ruleIDs: Set<String>
    /// The ids in the order of the configuration, for reasons.
    private let listedIDs: [String]
    private let groups: GroupCondition?
    /// Where the compiled `groups` is among the policy's matchers, each of which is tried once for an alert however
    /// many responses share it.
    private let matcher: Int?

    /// - Parameter matchers: the policy's, to which the response's own is added if it is new.
    init(_ response: ActiveResponseDefinition, matchers: inout [GroupMatcher]) {
        // Level 0 is how the peers write "no level"; taken as a level it would mean every alert.
        level = response.level.flatMap { $0 > 0 ? $0 : nil }
        ruleIDs = Set(response.ruleIDs)
        listedIDs = response.ruleIDs
        groups = response.groups
        matcher = response.groups.map { condition in
            let matcher = GroupMatcher(condition)
            if let index = matchers.firstIndex(of: matcher) { return index }
            matchers.append(matcher)
            return matchers.count - 1
        }
    }

    /// Whether the rule is one of these.
    func matches(_ rule: inout MatchedRule) -> Bool {
        if ruleIDs.contains(rule.folded.id) { return true }
        guard level != nil || matcher != nil else { return false }
        return isLevelReached(rule) && isGroupMatched(&rule)
    }

    /// Why the rule is none of these; nil when it is one.
    func mismatch(_ rule: inout MatchedRule) -> String? {
        if matches(&rule) { return nil }
        var reasons: [String] = []
        if let level, !isLevelReached(rule) {
            reasons.append("rule level \(rule.facts.level) is below \(level)")
        } else if let groups, !isGroupMatched(&rule) {
            reasons.append(Self.groupMismatch(rule, groups))
        }
        if !listedIDs.isEmpty {
            reasons.append("rule id \(excerpt(rule.facts.id)) is not in \(Self.list(listedIDs))")
        }
        return reasons.isEmpty
            ? "it has none of level, rules_group and rules_id, so nothing fires it" : reasons.joined(separator: "; ")
    }

    private func isLevelReached(_ rule: MatchedRule) -> Bool {
        level.map { rule.facts.level >= $0 } ?? true
    }

    private func isGroupMatched(_ rule: inout MatchedRule) -> Bool {
        matcher.map { rule.matches(groupMatcher: $0) } ?? true
    }

    private static func groupMismatch(_ rule: MatchedRule, _ groups: GroupCondition) -> String {
        let text = "rule groups \"\(excerpt(rule.facts.groupText))\""
        switch groups {
        case .pattern(let pattern):
            if case .invalid(let reason) = GroupMatcher(groups) {
                return "the pattern \"\(excerpt(pattern))\" can match nothing: \(reason)"
            }
            return "\(text) do not match \"\(excerpt(pattern))\""
        case .names(let names):
            return "\(text) hold none of \(list(names))"
        }
    }

    /// The first ones of a list, which may have hundreds.
    private static func list(_ words: [String]) -> String {
        let shown = 20
        let list = words.prefix(shown).joined(separator: ", ")
        return words.count > shown ? "\(list) and \(words.count - shown) more" : list
    }
}

/// The rule of one alert while responses are matched with it: what was found out once is not computed again.
struct MatchedRule {
    let facts: RuleFacts
    let folded: FoldedRule
    private let matchers: [GroupMatcher]
    private var results: [Bool?]

    init(_ facts: RuleFacts, matchers: [GroupMatcher]) {
        self.facts = facts
        folded = FoldedRule(facts)
        self.matchers = matchers
        results = [Bool?](repeating: nil, count: matchers.count)
    }

    mutating func matches(groupMatcher index: Int) -> Bool {
        if let known = results[index] { return known }
        let result = matchers[index].matches(folded)
        results[index] = result
        return result
    }
}
