package import Alerts
package import ConfigurationTree

/// What a configuration says about responding: commands, active responses, white list.
package struct PolicyDefinition: Sendable, Equatable {
    /// The sections that this is read from.
    package static let sectionNames = ["global", "command", "active-response"]
    /// The options of `<global>`.
    static let globalOptions = ["white_list", "allow_list", "agent_match", "undo_grace", "on_stop", "limits"]

    package private(set) var commands: [CommandDefinition] = []
    /// In the order of the configuration, with the disabled ones.
    package private(set) var responses: [ActiveResponseDefinition] = []
    package private(set) var whiteList = WhiteList()
    package private(set) var agentMatch = AgentMatch.name
    /// How long after an undo by hand no alert applies the same response again; zero for not at all.
    package private(set) var undoGrace = Duration.seconds(300)
    /// What becomes of responses of location server when the manager is told to stop.
    package private(set) var onStop = OnStop.keep
    /// For all responses together.
    package private(set) var limits = ResponseLimits()
    /// The `repeated_offenders` of a block in the agent's form (without a command).
    ///
    /// Minutes for responses of location server that have none of their own. The first such block counts.
    package private(set) var managerRepeatedOffenders: [Int] = []
    /// The `repeated_offenders_quiet` of such a block: who did nothing for so long starts anew.
    package private(set) var managerQuietTime = Duration.seconds(30 * 86_400)
    /// The `never_block` of a block in the agent's form: what responses of location server never block.
    ///
    /// All kinds without one. The first such block counts.
    package private(set) var managerNeverBlock = Set(VitalAddressKind.allCases)

    /// Reads the `<global>`, `<command>` and `<active-response>` sections among `sections`, which may stand in any
    /// order; others are not looked at.
    ///
    /// Reports everything that is wrong. The result is of use only when `diagnostics` has no errors then.
    package init(sections: [ConfigNode], diagnostics: Diagnostics) {
        for section in sections where section.name == "global" {
            readGlobal(section, diagnostics)
        }
        for section in sections where section.name == "command" {
            readCommand(section, diagnostics)
        }
        let blocks = sections.filter { $0.name == "active-response" }
            .map { ActiveResponseBlock($0, diagnostics: diagnostics) }
        readResponses(blocks, diagnostics)
    }

    private mutating func readGlobal(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: Self.globalOptions, peers: PeerNames.globalOptions, diagnostics: diagnostics)
        WhiteList.read(reader, into: &whiteList)
        if let match = reader.choice("agent_match", of: AgentMatch.self) { agentMatch = match }
        if let grace = reader.duration("undo_grace") { undoGrace = grace }
        if let choice = reader.choice("on_stop", of: OnStop.self) { onStop = choice }
        let limits = ResponseLimits.read(reader)
        self.limits.runsPerMinute = limits.runsPerMinute ?? self.limits.runsPerMinute
        self.limits.concurrent = limits.concurrent ?? self.limits.concurrent
        self.limits.fleetShare = limits.fleetShare ?? self.limits.fleetShare
    }

    private mutating func readCommand(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        guard let command = CommandDefinition.read(section, diagnostics: diagnostics) else { return }
        if let first = commands.first(where: { $0.name == command.name }) {
            diagnostics.warning(
                "the command '\(command.name)' is defined already at \(first.location); that definition counts, and "
                    + "this one is ignored", at: section.location)
        } else {
            commands.append(command)
        }
    }

    private mutating func readResponses(_ blocks: [ActiveResponseBlock], _ diagnostics: Diagnostics) {
        if let kinds = blocks.lazy.compactMap(\.neverBlock).first { managerNeverBlock = kinds }
        if let time = blocks.lazy.compactMap(\.quietTime).first { managerQuietTime = time }
        for block in blocks where block.isAgentForm {
            diagnostics.notice(
                "this \(block.section.label) names no command: it is an agent's and is no response here",
                at: block.section.location)
            if managerRepeatedOffenders.isEmpty { managerRepeatedOffenders = block.repeatedOffenders }
        }
        let named = blocks.filter { !$0.isAgentForm }
        var names = ResponseNames(given: named, diagnostics)
        for block in named {
            let name = names.name(for: block)
            if let response = block.resolved(name: name, commands: commands, diagnostics: diagnostics) {
                responses.append(response)
            }
        }
    }
}
