/// One element of a configuration: the same whether it was written in XML or in YAML.
///
/// A list becomes one node for each item, all with the name of the list's key, just as repeated XML elements.
package struct ConfigNode: Sendable, Hashable {
    /// What the node was written in.
    ///
    /// Sections of the same name mean different things in the peers' files and in ours.
    package enum Root: Sendable, Hashable {
        /// XML, in an `<edr_config>` root.
        case edr
        /// XML, in an `<ossec_config>` root: a file of Wazuh or OSSEC.
        case ossec
        case yaml
    }

    package let name: String
    /// Where the element's start tag or the key begins; for an item of a list, where the item begins.
    package let location: SourceLocation
    /// Where the value begins.
    package let valueLocation: SourceLocation
    /// The text without surrounding blanks; nil for a node that has children or that is empty (``isEmpty``).
    ///
    /// An XML element without content has the value `""`.
    package let value: String?
    package let children: [ConfigNode]
    package let root: Root
    /// The node is an item of a YAML list, or an `<item>` of an option in an `<edr_config>` root.
    package let isListItem: Bool
    /// Where text stands beside child elements (XML only).
    ///
    /// The peers ignore such text; so do we, with a warning.
    package let strayTextLocation: SourceLocation?

    package init(
        name: String, location: SourceLocation, valueLocation: SourceLocation, value: String?,
        children: [ConfigNode] = [], root: Root, isListItem: Bool = false, strayTextLocation: SourceLocation? = nil
    ) {
        self.name = name
        self.location = location
        self.valueLocation = valueLocation
        self.value = value
        self.children = children
        self.root = root
        self.isListItem = isListItem
        self.strayTextLocation = strayTextLocation
    }

    /// YAML's null, `[]` and `{}`: a key that holds nothing.
    package var isEmpty: Bool { value == nil && children.isEmpty }

    /// The node's name as its file writes it, for messages: `<name>` or `'name'`.
    package var label: String { root == .yaml ? "'\(name)'" : "<\(name)>" }
}
