/// An element whose end tag is still to come.
struct XMLElement {
    let name: String
    let location: SourceLocation
    /// Behind the start tag.
    let contentLocation: SourceLocation
    var text = XMLText()
    var children: [ConfigNode] = []

    /// The nodes of a finished element: itself, or its items when it is an option that is written as a list.
    ///
    /// `<extra_args><item>two words</item><item>-v</item></extra_args>` is what a list is in YAML. The peers have no
    /// such thing, so that it is read in `<edr_config>` roots only.
    func nodes(root: ConfigNode.Root, isOption: Bool) -> [ConfigNode] {
        let isList =
            root == .edr && isOption && name != Self.listItem && text.isBlank && !children.isEmpty
            && children.allSatisfy { $0.name == Self.listItem }
        guard isList else { return [node(root: root)] }
        return children.map { item in
            ConfigNode(
                name: name, location: item.location, valueLocation: item.valueLocation, value: item.value,
                children: item.children, root: root, isListItem: true, strayTextLocation: item.strayTextLocation)
        }
    }

    /// The name of the elements that are a list's items.
    static let listItem = "item"

    private func node(root: ConfigNode.Root) -> ConfigNode {
        ConfigNode(
            name: name, location: location,
            valueLocation: (children.isEmpty ? text.start : nil) ?? contentLocation,
            value: children.isEmpty ? text.value : nil, children: children, root: root,
            strayTextLocation: children.isEmpty ? nil : text.start)
    }
}
