import ConfigurationTree

extension ActiveResponseBlock {
    static func isAgentForm(_ section: ConfigNode) -> Bool {
        let options = ["disabled", "repeated_offenders"] + agentOptions + PeerNames.activeResponseOptions
        return !section.children.isEmpty && section.children.allSatisfy { options.contains($0.name) }
    }

    static func checkMissing(_ reader: SectionReader) {
        let missing = ["command", "location"].filter { reader.last($0) == nil }
        guard !missing.isEmpty else { return }
        reader.diagnostics.error(
            "(1281): Missing options in the active response configuration. \(reader.section.label) needs "
                + missing.joined(separator: " and ")
                + (missing.contains("location") ? " (local, server, defined-agent or all)" : ""),
            at: reader.section.location)
    }

    /// Nil when there is none or it is unusable.
    ///
    /// In a disabled block nothing is wrong, as with the peers.
    static func location(_ reader: SectionReader, isDisabled: Bool) -> ResponseLocation? {
        guard let text = reader.string("location"), let node = reader.last("location") else { return nil }
        let location: ResponseLocation
        switch text.lowercased() {
        case "local": location = .local
        case "server", "as", "analysis-server", "analysisd": location = .server
        case "all", "any": location = .all
        case "defined-agent": return definedAgents(reader, isDisabled: isDisabled)
        default:
            if isDisabled { return nil }
            let words = ["local", "server", "defined-agent", "all"]
            reader.diagnostics.error(
                "(1302): Invalid active response location: \(quoted(text)). Expected one of "
                    + words.joined(separator: ", ") + suggestion(for: text, among: words), at: node.valueLocation)
            return nil
        }
        if let agents = reader.last("agent_id") {
            reader.diagnostics.warning(
                "agent_id has no effect with location \(location); it belongs to defined-agent", at: agents.location)
        }
        return location
    }

    static func definedAgents(_ reader: SectionReader, isDisabled: Bool) -> ResponseLocation? {
        let agents = reader.words("agent_id")
        if agents.isEmpty, !isDisabled, reader.all("agent_id").allSatisfy({ $0.isEmpty && !$0.isListItem }) {
            reader.diagnostics.error(
                "(1304): No agent defined for response. Location defined-agent needs agent_id: ids or names, "
                    + "separated by commas", at: reader.last("location")?.valueLocation ?? reader.section.location)
        }
        return .definedAgent(
            agents.compactMap { agent in
                if decimal(agent.word) == 0 {
                    reader.diagnostics.warning(
                        "(1306): Invalid agent ID. Use location=server to run AR on the manager. "
                            + "\(quoted(agent.word)) is the manager and is left out", at: agent.node.valueLocation)
                    return nil
                }
                return normalised(agent: agent.word)
            })
    }

    /// The level, or nil when it is unset or unusable, which is reported.
    static func level(_ reader: SectionReader) -> Int? {
        guard let node = reader.last("level"), isUnset(level: node) else { return reader.integer("level", in: 0...20) }
        if node.value == "" {
            reader.diagnostics.warning(
                "\(node.label) is empty, which means no level, as with Wazuh; give a level from 1 to 16 or remove it",
                at: node.location)
        }
        return nil
    }

    /// Whether the level is one of the peers' ways to write none: 0, and in their own files an empty element.
    static func isUnset(level node: ConfigNode) -> Bool {
        guard let text = node.value else { return false }
        return decimal(text) == 0 || text.isEmpty && node.root == .ossec
    }

    /// Wazuh takes `2` for `002`.
    static func normalised(agent: String) -> String {
        guard agent.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return agent }
        return String(repeating: "0", count: max(0, 3 - agent.utf8.count)) + agent
    }

    static func ruleIDs(_ reader: SectionReader) -> [String] {
        reader.list("rules_id").flatMap { node -> [String] in
            guard let text = reader.text(of: node) else { return [] }
            let words = text.listWords
            if words.isEmpty { reader.invalid(node, "it is empty; give rule ids such as 5712,31100 or remove it") }
            return words.compactMap { word in
                // The peers stop silently at the first character that they do not expect.
                guard let id = decimal(word), id >= 0 else {
                    reader.invalid(
                        node,
                        "expected rule ids such as 5712,31100 (digits, separated by commas), and "
                            + "\(quoted(word)) is none")
                    return nil
                }
                return String(id)
            }
        }
    }
}
