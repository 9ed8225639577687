import Alerts
import ConfigurationTree

/// An `<active-response>` section as it was written: options read and checked, the command still only a name.
///
/// Blocks and commands may come in any order and from several files, so that commands are resolved in a second step.
struct ActiveResponseBlock {
    static let options =
        [
            "name", "command", "location", "agent_id", "level", "rules_id", "rules_group", "timeout",
            "repeated_offenders", "disabled", "mode", "expires", "priority", "white_list", "allow_list", "limits",
        ] + ApprovalTerms.options

    /// The longest that an agent takes an order for: ten years.
    static let longestTimeout = Duration.seconds(10 * 365 * 86_400)
    /// What only the agent's form of the block has beside `disabled` and `repeated_offenders`.
    static let agentOptions = ["repeated_offenders_quiet", "on_stop", "never_block", "confirm", "max_isolation"]

    let section: ConfigNode
    let givenName: String?
    let command: String?
    let isDisabled: Bool
    let repeatedOffenders: [Int]
    /// In the agent's form, what the machine never blocks.
    let neverBlock: Set<VitalAddressKind>?
    let quietTime: Duration?
    /// The agent's form of the block, which an `ossec.conf` of the peers may hold beside the manager's: it configures
    /// the machine that it is on and names no command.
    let isAgentForm: Bool
    private let commandNode: ConfigNode?
    private let nameNode: ConfigNode?
    private let location: ResponseLocation
    private let level: Int?
    private let ruleIDs: [String]
    private let groups: GroupCondition?
    private let timeout: Duration
    private let timeoutNode: ConfigNode?
    private let mode: ResponseMode
    private let expires: Duration
    private let priority: Int
    private let whiteList: WhiteList
    private let limits: ResponseLimits
    private let approval: ApprovalTerms

    init(_ section: ConfigNode, diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: Self.options + (Self.isAgentForm(section) ? Self.agentOptions : []),
            peers: PeerNames.activeResponseOptions, diagnostics: diagnostics)
        self.section = section
        isAgentForm = Self.isAgentForm(section)
        quietTime = isAgentForm ? reader.duration("repeated_offenders_quiet", atLeast: .seconds(1)) : nil
        neverBlock = isAgentForm ? reader.enabled("never_block", of: VitalAddressKind.self) : nil
        isDisabled = reader.stickyFlag("disabled") ?? false
        nameNode = reader.last("name")
        givenName = reader.nonEmpty("name")
        commandNode = reader.last("command")
        command = reader.nonEmpty("command")
        if !isAgentForm, !isDisabled { Self.checkMissing(reader) }
        location = Self.location(reader, isDisabled: isDisabled) ?? .local
        level = Self.level(reader)
        ruleIDs = Self.ruleIDs(reader)
        groups = GroupCondition.read(reader)
        timeout = reader.bounded(
            "timeout", reader.duration("timeout") ?? .zero, to: Self.longestTimeout, called: "ten years")
        timeoutNode = reader.last("timeout")
        let longest = Int(Self.longestTimeout.components.seconds / 60)
        repeatedOffenders = (reader.minutes("repeated_offenders") ?? []).map {
            reader.bounded("repeated_offenders", $0, to: longest, called: "ten years")
        }
        mode = reader.choice("mode", of: ResponseMode.self) ?? .enforce
        expires =
            reader.duration("expires", atLeast: .seconds(1)) ?? ActiveResponseDefinition.defaultExpires
        priority = reader.integer("priority", in: 0...100) ?? 1
        whiteList = WhiteList.read(reader)
        limits = ResponseLimits.read(reader)
        approval = ApprovalTerms.read(reader)
        let hasCondition =
            reader.last("level").map { !Self.isUnset(level: $0) } ?? false || reader.last("rules_id") != nil
            || reader.last("rules_group") != nil
        if !isAgentForm, !isDisabled, !hasCondition {
            diagnostics.warning(
                "this \(section.label) never fires: it has no level, rules_id or rules_group", at: section.location)
        }
    }

    /// The name given, for the error when it is given twice.
    var nameLocation: SourceLocation { nameNode?.valueLocation ?? section.location }

    /// The definition with its command; nil, with an error reported, when there is no such command.
    func resolved(
        name: String, commands: [CommandDefinition], diagnostics: Diagnostics
    ) -> ActiveResponseDefinition? {
        guard let command = resolvedCommand(commands, diagnostics) else { return nil }
        var timeout = timeout
        if timeout > .zero, !command.timeoutAllowed {
            timeout = .zero
            if !isDisabled {
                diagnostics.warning(
                    "(1305): Timeout not allowed for command: '\(command.name)'. The response is never undone; set "
                        + "timeout_allowed to yes in the command if its script knows 'delete'",
                    at: timeoutNode?.valueLocation ?? section.location)
            }
        }
        return ActiveResponseDefinition(
            name: name, command: command, location: location, level: level, ruleIDs: ruleIDs, groups: groups,
            timeout: timeout, repeatedOffenders: repeatedOffenders, disabled: isDisabled, mode: mode,
            expires: expires, priority: priority, whiteList: whiteList, limits: limits, approval: approval,
            sourceLocation: section.location)
    }

    private func resolvedCommand(
        _ commands: [CommandDefinition], _ diagnostics: Diagnostics
    ) -> CommandDefinition? {
        if let found = commands.first(where: { $0.name == command }) { return found }
        if isDisabled { return CommandDefinition(name: command ?? "", executable: "", location: section.location) }
        // A missing command was reported when the block was read.
        guard let command else { return nil }
        diagnostics.error(
            "(1303): Invalid command '\(command)' in the active response. There is no <command> of that name"
                + suggestion(for: command, among: commands.map(\.name)),
            at: commandNode?.valueLocation ?? section.location)
        return nil
    }
}
