package import Alerts
package import ConfigurationTree

/// The configuration's active responses, compiled: decides what an alert means for each.
///
/// Deciding is pure: the same alert, policy and agents give the same decisions, in production, in a dry run and in
/// `alerts test`.
package struct Policy: Sendable {
    /// All commands of the configuration, also those that no active response uses: they can be run by hand.
    package let commands: [CommandDefinition]
    /// Against whom nothing is done.
    package var whiteList: WhiteList { compiled.whiteList }
    /// How long after an undo by hand no alert applies the same response again; zero for not at all.
    package private(set) var undoGrace = Duration.zero
    /// What becomes of responses of location server when the manager is told to stop.
    package private(set) var onStop = OnStop.keep
    /// The limits for all responses together.
    package let limits: ResponseLimits
    let compiled: CompiledPolicy

    package init(_ definition: PolicyDefinition) {
        self.init(
            responses: definition.responses, commands: definition.commands, whiteList: definition.whiteList,
            agentMatch: definition.agentMatch, limits: definition.limits)
        undoGrace = definition.undoGrace
        onStop = definition.onStop
    }

    /// - Parameter responses: in configuration order.
    package init(
        responses: [ActiveResponseDefinition], commands: [CommandDefinition] = [],
        whiteList: WhiteList = WhiteList(), agentMatch: AgentMatch = .name,
        limits: ResponseLimits = ResponseLimits()
    ) {
        self.commands = commands
        self.limits = limits
        compiled = CompiledPolicy(responses: responses, whiteList: whiteList, agentMatch: agentMatch)
    }

    /// Whether level, groups or rule id match for any response that is not disabled.
    ///
    /// Every line of a source comes here; for a kind of rule that was seen before it is one lookup in the cache,
    /// without allocation.
    ///
    /// - Parameters:
    ///   - fields: what was found in `line`, which must be the very bytes that were scanned.
    ///   - cache: kept by the source. It may have served another policy before.
    package func mayFire(_ fields: AlertFields, line: UnsafeRawBufferPointer, cache: inout CandidateCache) -> Bool {
        cache.answer(fields, line: line, for: compiled)
    }

    /// What the alert means for each response whose level, groups or rule id match, in configuration order.
    package func decide(_ alert: Alert, agents: AgentDirectory) -> [Decision] {
        var rule = compiled.matched(alert.rule)
        let responses = compiled.responses.filter { $0.matches(&rule) }
        guard !responses.isEmpty else { return [] }
        let conclusion = Conclusion(alert, agents, compiled)
        return responses.map { Decision(response: $0.definition, outcome: conclusion.outcome($0)) }
    }

    /// What the alert means for every response, in configuration order.
    package func explain(_ alert: Alert, agents: AgentDirectory) -> [Decision] {
        var rule = compiled.matched(alert.rule)
        let conclusion = Conclusion(alert, agents, compiled)
        return compiled.responses.map { response in
            let mismatch = response.mismatch(&rule)
            return Decision(
                response: response.definition,
                outcome: mismatch.map { .skipped(reason: $0) } ?? conclusion.outcome(response))
        }
    }
}

/// What a policy is made of.
///
/// A class, because its identity tells a cache whose answers it holds.
final class CompiledPolicy: Sendable {
    let responses: [CompiledResponse]
    let whiteList: WhiteList
    let agentMatch: AgentMatch
    private let matchers: [GroupMatcher]

    init(responses: [ActiveResponseDefinition], whiteList: WhiteList, agentMatch: AgentMatch) {
        var matchers: [GroupMatcher] = []
        self.responses = responses.map { CompiledResponse($0, matchers: &matchers) }
        self.whiteList = whiteList
        self.agentMatch = agentMatch
        self.matchers = matchers
    }

    func matched(_ facts: RuleFacts) -> MatchedRule {
        MatchedRule(facts, matchers: matchers)
    }

    /// Whether any response that is not disabled is for this rule.
    func matchesAny(_ facts: RuleFacts) -> Bool {
        var rule = matched(facts)
        return responses.contains { $0.matches(&rule) }
    }
}
