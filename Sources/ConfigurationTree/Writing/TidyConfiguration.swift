/// What a configuration says, without how it was written: the form from which it is written anew.
///
/// Sections of one name stand together in the order of the file, what the readers ignore is gone (an option that a
/// later one replaces, what is the peers' alone), and a list is a list whether it was written with commas or not.
/// Two configurations that are equal here mean the same.
package struct TidyConfiguration: Sendable, Equatable {
    struct Section: Sendable, Equatable {
        let name: String
        var options: [Option]
    }

    struct Option: Sendable, Equatable {
        let name: String
        let content: Content
    }

    enum Content: Sendable, Equatable {
        case text(String)
        case list([String])
        /// One or several elements that hold options of their own.
        indirect case blocks([[Option]])
    }

    let sections: [Section]

    /// - Parameter sections: what the program in question reads, see `sections(named:diagnostics:)`; without errors.
    package init(_ sections: [ConfigNode]) {
        var merged: [String: [ConfigNode]] = [:]
        var order: [String] = []
        for section in sections {
            if merged[section.name] == nil { order.append(section.name) }
            merged[section.name, default: []].append(section)
        }
        self.sections = order.flatMap { name -> [Section] in
            let nodes = merged[name, default: []]
            let groups = OptionShape.mergedSections.contains(name) ? [nodes] : nodes.map { [$0] }
            return groups.map { Section(name: name, options: Self.options(of: name, $0)) }
                .filter { !$0.options.isEmpty }
        }
    }

    /// The options of sections (or of nested elements) that count as one.
    private static func options(of section: String, _ nodes: [ConfigNode]) -> [Option] {
        let foreign = PeerNames.options(of: section)
        let children = nodes.flatMap(\.children).filter { child in
            // The port of Wazuh's own manager, see the agent's configuration.
            let isTheirPort = section == "server" && child.name == "port" && child.root == .ossec
            return !foreign.contains(child.name) && !isTheirPort && !PeerNames.isEventLimit(child)
        }
        var order: [String] = []
        for child in children where !order.contains(child.name) { order.append(child.name) }
        return order.compactMap { name in
            let named = children.filter { $0.name == name && !($0.isEmpty && !$0.isListItem) }
            return content(of: name, in: section, named).map { Option(name: name, content: $0) }
        }
    }

    /// Nil when the option says nothing.
    private static func content(of option: String, in section: String, _ nodes: [ConfigNode]) -> Content? {
        if nodes.contains(where: { !$0.children.isEmpty }) {
            let groups = OptionShape.mergedSections.contains(option) ? [nodes] : nodes.map { [$0] }
            return .blocks(groups.map { options(of: option, $0) }.filter { !$0.isEmpty })
        }
        let counting = nodes.allSatisfy(\.isListItem) ? nodes : nodes.suffix(1)
        switch OptionShape(section: section, option: option) {
        case .text: return texts(counting)
        case .flag: return counting.last.map { .text(flag($0)) }
        case .stickyFlag:
            let flags = nodes.map(flag)
            return flags.last.map { .text(flags.contains("yes") ? "yes" : $0) }
        case .optionalText: return counting.last?.value == "" ? nil : texts(counting)
        case .words: return list(counting.flatMap { ($0.value ?? "").listWords })
        case .addedWords, .entries: return list(nodes.flatMap { ($0.value ?? "").listWords })
        case .arguments:
            return list(counting.flatMap { $0.isListItem ? [$0.value ?? ""] : ($0.value ?? "").blankSeparatedWords })
        case .groups:
            if counting.first?.isListItem == true { return list(counting.map { $0.value ?? "" }) }
            guard let text = counting.last?.value else { return nil }
            return groupNames(in: text).map { .list($0) } ?? .text(text)
        }
    }

    private static func texts(_ nodes: some Collection<ConfigNode>) -> Content? {
        let texts = nodes.map { $0.value ?? "" }
        return texts.count > 1 ? .list(texts) : texts.first.map { .text($0) }
    }

    private static func list(_ words: [String]) -> Content? { words.isEmpty ? nil : .list(words) }

    private static func flag(_ node: ConfigNode) -> String {
        switch node.value {
        case "true" where node.root == .yaml: "yes"
        case "false" where node.root == .yaml: "no"
        default: node.value ?? ""
        }
    }
}

/// The whole group names that a text of `rules_group` lists, or nil when it is a pattern.
///
/// A text with commas is a list, unless it has one of the signs that only patterns have.
package func groupNames(in text: String) -> [String]? {
    if text.contains(where: { "|\\^$".contains($0) }) || !text.contains(",") { return nil }
    return text.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
}
