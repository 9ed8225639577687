import ConfigurationTree

/// Sections and diagnostics of one text.
func parsed(
    _ text: String, as format: ConfigurationFile.Format = .xml, name: String = "f.conf"
) -> (sections: [ConfigNode], diagnostics: Diagnostics) {
    let diagnostics = Diagnostics()
    let sections = ConfigurationFile.parse(
        Array(text.utf8), name: name, format: format, diagnostics: diagnostics)
    return (sections, diagnostics)
}

extension Diagnostics {
    var lines: [String] { all.map(\.description) }
}

extension ConfigNode {
    subscript(_ name: String) -> ConfigNode? { children.first { $0.name == name } }

    /// The tree without places, on one line: `name="value"` or `name{…}`, `*` for items of lists.
    var outline: String {
        let content = value.map { "=\"\($0)\"" } ?? "{\(children.map(\.outline).joined(separator: " "))}"
        return name + (isListItem ? "*" : "") + content
    }
}

extension [ConfigNode] {
    var outline: String { map(\.outline).joined(separator: " ") }
}
