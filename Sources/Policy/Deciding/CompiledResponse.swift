/// An active response made ready for deciding.
struct CompiledResponse: Sendable {
    let definition: ActiveResponseDefinition
    let extraArguments: [ArgumentWord]
    private let condition: RuleCondition

    init(_ definition: ActiveResponseDefinition, matchers: inout [GroupMatcher]) {
        self.definition = definition
        extraArguments = definition.command.extraArguments.map(ArgumentWord.init)
        condition = RuleCondition(definition, matchers: &matchers)
    }

    /// Whether the response is enabled and for this rule.
    func matches(_ rule: inout MatchedRule) -> Bool {
        !definition.disabled && condition.matches(&rule)
    }

    /// Why the response is not for this rule; nil when it is.
    func mismatch(_ rule: inout MatchedRule) -> String? {
        definition.disabled ? "it is disabled" : condition.mismatch(&rule)
    }
}
