import Alerts

/// Decides the responses that are for an alert's rule: whether its values and its agent allow them to fire.
struct Conclusion {
    private let alert: Alert
    private let fields: CheckedFields
    private let targets: TargetFinder

    init(_ alert: Alert, _ agents: AgentDirectory, _ policy: CompiledPolicy) {
        self.alert = alert
        fields = CheckedFields(alert, whiteList: policy.whiteList)
        targets = TargetFinder(agents: agents, agentMatch: policy.agentMatch)
    }

    /// The first condition that fails, in the order: expected values there, expected values valid, white lists,
    /// extra arguments, agent.
    func outcome(_ response: CompiledResponse) -> Decision.Outcome {
        let expect = response.definition.command.expect
        if let reason = missing(expect) ?? invalid(expect) ?? fields.whiteListing ?? whiteListing(response.definition) {
            return .skipped(reason: reason)
        }
        var words: [String] = []
        for word in response.extraArguments {
            switch word.resolved(alert) {
            case .word(let text): words.append(text)
            case .refused(let reason): return .skipped(reason: reason)
            }
        }
        switch targets.find(response.definition.location, for: alert) {
        case .nowhere(let reason): return .skipped(reason: reason)
        case .targets(let targets):
            return .fires(
                targets: targets,
                arguments: ResponseArguments(
                    user: fields.user.value, sourceAddress: fields.sourceAddress.value,
                    filename: fields.filename.value, extraArguments: words))
        }
    }

    /// Why the response's own white list does not let it fire.
    private func whiteListing(_ response: ActiveResponseDefinition) -> String? {
        guard !response.whiteList.isEmpty else { return nil }
        return alert.sourceAddressTexts.lazy.compactMap { response.whiteList.objection(to: $0) }.first
            .map { $0 + " of this response" }
    }

    private func missing(_ expect: ExpectedFields) -> String? {
        expected(expect).first { if case .missing = $0.field { true } else { false } }
            .map { "expects \($0.name), but the alert has none (looked for \($0.places))" }
    }

    private func invalid(_ expect: ExpectedFields) -> String? {
        for value in expected(expect) {
            if case .invalid(let reason) = value.field { return reason }
        }
        return nil
    }

    /// A value that commands can expect.
    private struct Expectation {
        let option: ExpectedFields
        let name: String
        /// Where the alert has it; ``Alert`` is where that is done.
        let places: String
        let field: CheckedFields.Field
    }

    private func expected(_ expect: ExpectedFields) -> [Expectation] {
        [
            Expectation(
                option: .sourceAddress, name: "srcip",
                places: "data.srcip, data.win.eventdata.ipAddress and data.win.eventdata.destinationIp",
                field: fields.sourceAddress),
            Expectation(
                option: .user, name: "user", places: "data.dstuser and data.user; data.srcuser is never taken",
                field: fields.user),
            Expectation(
                option: .filename, name: "filename",
                places: "syscheck.path and a location that is an absolute path", field: fields.filename),
        ].filter { expect.contains($0.option) }
    }
}
