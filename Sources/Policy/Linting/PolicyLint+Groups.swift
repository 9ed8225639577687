import ConfigurationTree

extension PolicyLint {
    /// Group strings that have nothing in common but what every one has.
    private static let unlike = ["a,", "q1,", "zz_9,", "web-x,y,", "7,"]

    /// What is empty is an error already; this finds patterns that match whatever is there.
    func checkGroups(_ response: ActiveResponseDefinition) {
        guard case .pattern(let text) = response.groups else { return }
        let place = place("rules_group", of: response)
        if let pattern = try? GroupPattern(text), Self.unlike.allSatisfy({ pattern.matches($0) }) {
            diagnostics.warning(
                "rules_group '\(text)' matches every rule that has a group; name the groups that are meant, or use "
                    + "level alone", at: place)
        }
        let alternatives = text.split(separator: "|", omittingEmptySubsequences: false)
        if let odd = alternatives.first(where: { $0.hasPrefix(" ") || $0.hasSuffix(" ") || $0.contains(", ") }) {
            diagnostics.warning(
                "'\(odd)' in rules_group matches nothing, because the groups of a rule are joined by commas without "
                    + "blanks; remove the blanks", at: place)
        }
    }
}
