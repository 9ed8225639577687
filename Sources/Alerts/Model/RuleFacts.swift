/// What decides which responses match an alert: its rule's id, level and groups.
package struct RuleFacts: Sendable, Hashable {
    package let id: String
    /// 0 when the alert has none.
    package let level: Int
    /// The groups without compliance tags, as the alert lists them.
    package let groups: [String]
    /// The compliance tags with their prefixes: `pci_dss_11.4`.
    package let tags: [String]

    package init(id: String, level: Int, groups: [String], tags: [String] = []) {
        self.id = id
        self.level = level
        self.groups = groups
        self.tags = tags
    }

    /// - Parameter rawValue: the raw JSON of a member of the rule, empty when it is not there.
    init(level: Int, rawValue: (RuleMember) -> [UInt8]) {
        self.init(
            id: JSONValue.text(rawValue(.id)[...]) ?? "", level: level,
            groups: JSONValue.texts(rawValue(.groups)[...]),
            tags: RuleMember.tags.flatMap { member in
                JSONValue.texts(rawValue(member)[...]).map { "\(member.name)_\($0)" }
            })
    }

    /// The rule's group string as Wazuh had it when it bound responses to rules: all groups and tags, each followed by
    /// a comma (`syslog,sshd,pci_dss_11.4,`).
    ///
    /// In the alert the tags are apart, so it is rebuilt here.
    package var groupText: String {
        (groups + tags).map { $0 + "," }.joined()
    }
}
