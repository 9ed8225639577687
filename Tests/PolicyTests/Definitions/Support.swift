import ConfigurationTree
import Policy

/// The definition that a text gives, through the same steps as the manager takes.
func definition(
    _ text: String, as format: ConfigurationFile.Format = .xml, name: String = "f.conf"
) -> (policy: PolicyDefinition, diagnostics: Diagnostics) {
    let diagnostics = Diagnostics()
    let sections = ConfigurationFile.parse(
        Array(text.utf8), name: name, format: format, diagnostics: diagnostics
    ).sections(named: PolicyDefinition.sectionNames + ["remote", "alert_source"], diagnostics: diagnostics)
    return (PolicyDefinition(sections: sections, diagnostics: diagnostics), diagnostics)
}

/// A text of XML inside one root, where every line of `body` is on a line of its own from line 2 on.
func edr(_ body: String) -> String { "<edr_config>\n\(body)\n</edr_config>" }

extension Diagnostics {
    var lines: [String] { all.map(\.description) }
}
