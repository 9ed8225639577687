package import ConfigurationTree

/// An `<active-response>`: when and where a command runs.
package struct ActiveResponseDefinition: Sendable, Equatable {
    package static let defaultExpires = Duration.seconds(3600)

    /// Unique among all responses.
    ///
    /// The name given, else the command's; when that is taken already, with `#2`, `#3` and so on.
    package let name: String
    /// For a ``disabled`` response whose command does not exist: one with that name and nothing else.
    package let command: CommandDefinition
    package let location: ResponseLocation
    /// The alert's level must be this or higher; nil when any will do.
    package let level: Int?
    /// Rule ids in decimal, without leading zeros.
    package let ruleIDs: [String]
    package let groups: GroupCondition?
    /// How long until the command is undone; zero for a response that is never undone.
    package let timeout: Duration
    /// The timeouts in minutes for the second, third … offence; empty when the agent's own list counts.
    package let repeatedOffenders: [Int]
    package let disabled: Bool
    package let mode: ResponseMode
    /// How long an order may wait for an agent that is away; at least one second.
    package let expires: Duration
    /// Of several orders that wait for an agent, those with the highest go first; 0 to 100.
    package let priority: Int
    /// The sources against which this response does nothing, beside the white list for all.
    package let whiteList: WhiteList
    /// Of this response alone; those of `<global>` hold besides.
    package let limits: ResponseLimits
    package let approval: ApprovalTerms
    package let sourceLocation: SourceLocation

    package init(
        name: String, command: CommandDefinition, location: ResponseLocation, level: Int? = nil,
        ruleIDs: [String] = [], groups: GroupCondition? = nil, timeout: Duration = .zero,
        repeatedOffenders: [Int] = [], disabled: Bool = false, mode: ResponseMode = .enforce,
        expires: Duration = Self.defaultExpires, priority: Int = 1, whiteList: WhiteList = WhiteList(),
        limits: ResponseLimits = ResponseLimits(), approval: ApprovalTerms = ApprovalTerms(),
        sourceLocation: SourceLocation
    ) {
        self.name = name
        self.command = command
        self.location = location
        self.level = level
        self.ruleIDs = ruleIDs
        self.groups = groups
        self.timeout = timeout
        self.repeatedOffenders = repeatedOffenders
        self.disabled = disabled
        self.mode = mode
        self.expires = expires
        self.priority = priority
        self.whiteList = whiteList
        self.limits = limits
        self.approval = approval
        self.sourceLocation = sourceLocation
    }
}
