import ConfigurationTree

/// What `rules_group` asks of an alert's groups.
package enum GroupCondition: Sendable, Hashable {
    /// A valid ``GroupPattern`` without empty alternatives, to be found in the concatenated group string.
    case pattern(String)
    /// Any of the groups has one of these names.
    case names([String])
}

extension GroupCondition {
    /// Reads `<rules_group>`: a text is a pattern, a comma list or a YAML list are names.
    ///
    /// To the peers an empty one, or an empty alternative (`a|`), matches every rule; that is never meant, so it is an
    /// error here.
    static func read(_ reader: SectionReader) -> GroupCondition? {
        let nodes = reader.list("rules_group")
        guard let node = nodes.first else { return nil }
        if node.isListItem { return names(nodes, reader) }
        guard let text = reader.text(of: node) else { return nil }
        if text.isEmpty {
            reader.invalid(node, "an empty rules_group would match every alert; give a group or remove it")
            return nil
        }
        guard let names = groupNames(in: text) else { return pattern(text, node, reader) }
        if names.isEmpty {
            reader.invalid(node, "it names no group; expected names such as web,attack")
            return nil
        }
        return .names(names)
    }

    private static func names(_ nodes: [ConfigNode], _ reader: SectionReader) -> GroupCondition? {
        var names: [String] = []
        for node in nodes {
            guard let text = reader.text(of: node) else { return nil }
            if text.isEmpty {
                reader.invalid(node, "it is empty; give a group's name or remove it")
                return nil
            }
            if text.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: ",") }) {
                reader.invalid(node, "the items of a list are whole group names; write a|b as a text, not in a list")
                return nil
            }
            names.append(text)
        }
        return .names(names)
    }

    private static func pattern(_ text: String, _ node: ConfigNode, _ reader: SectionReader) -> GroupCondition? {
        if alternatives(text).contains(where: { $0.allSatisfy { "^$ \t".utf8.contains($0) } }) {
            reader.invalid(node, "an empty alternative beside '|' would match every alert; remove it")
            return nil
        }
        do throws(GroupPattern.InvalidPattern) {
            _ = try GroupPattern(text)
            return .pattern(text)
        } catch {
            reader.invalid(node, error.reason)
            return nil
        }
    }

    /// The parts between the `|` that no backslash takes for themselves.
    private static func alternatives(_ text: String) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "|"), !isEscaped {
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return parts
    }
}
