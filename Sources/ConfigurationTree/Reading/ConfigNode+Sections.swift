extension [ConfigNode] {
    /// The sections among these that a program knows, in file order; reports the others.
    ///
    /// - A section of the peers', and every section of theirs in an `<ossec_config>` root that does not mean the same
    ///   as ours (``PeerNames/sharedSections``), is left out with one notice for each name.
    /// - Any other section is an error.
    /// - A YAML section that holds nothing (`command: []`) is left out silently.
    ///
    /// - Parameter known: the names of the program's own sections.
    package func sections(named known: [String], diagnostics: Diagnostics) -> [ConfigNode] {
        var noticed: Set<String> = []
        return filter { section in
            let isTheirs =
                section.root == .ossec && PeerNames.sections.contains(section.name)
                && !PeerNames.sharedSections.contains(section.name)
            if known.contains(section.name), !isTheirs {
                return !(section.isEmpty && !section.isListItem)
            }
            if PeerNames.sections.contains(section.name) {
                if noticed.insert(section.name).inserted {
                    diagnostics.notice(
                        "the section \(section.label) of Wazuh or OSSEC is skipped"
                            + (known.contains(section.name)
                                ? "; one of ours belongs into an <edr_config> root or a YAML file" : ""),
                        at: section.location)
                }
            } else {
                let isRoot = ["edr_config", "ossec_config"].contains(section.name)
                diagnostics.error(
                    "(1230): Invalid element in the configuration: \(quoted(section.name)). "
                        + (isRoot
                            ? "The sections themselves stand at the top level"
                            : "The sections are \(known.joined(separator: ", "))")
                        + suggestion(for: section.name, among: known), at: section.location)
            }
            return false
        }
    }
}
