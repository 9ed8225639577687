/// An element whose end tag is still to come.
struct XMLElement {
    let name: String
    let location: SourceLocation
    /// Behind the start tag.
    let contentLocation: SourceLocation
    var text = XMLText()
    var children: [ConfigNode] = []

    func node(root: ConfigNode.Root) -> ConfigNode {
        ConfigNode(
            name: name, location: location,
            valueLocation: (children.isEmpty ? text.start : nil) ?? contentLocation,
            value: children.isEmpty ? text.value : nil, children: children, root: root,
            strayTextLocation: children.isEmpty ? nil : text.start)
    }
}
