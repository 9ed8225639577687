extension SectionReader {
    /// The most values of `<repeated_offenders>` (Wazuh and OSSEC: `os_execd/config.c`).
    private static let mostOffences = 5

    /// The values of an option that may be repeated, a comma or blank separated list, or a YAML list.
    ///
    /// Every value comes with its node for messages. An empty value is an error; a YAML `[]` is no value.
    package func words(_ name: String) -> [(word: String, node: ConfigNode)] {
        all(name).flatMap { node -> [(word: String, node: ConfigNode)] in
            if node.isEmpty, !node.isListItem { return [] }
            guard let text = text(of: node) else { return [] }
            let words = text.listWords
            if words.isEmpty { invalid(node, "it is empty; give a value or remove it") }
            return words.map { ($0, node) }
        }
    }

    /// The nodes of an option that is one list: the items of a YAML list, or the last of repeated elements.
    package func list(_ name: String) -> [ConfigNode] {
        let nodes = all(name)
        if nodes.count <= 1 || nodes.allSatisfy(\.isListItem) { return nodes }
        guard let last = nodes.last else { return [] }
        diagnostics.warning("\(last.label) is given \(nodes.count) times; the last one counts", at: last.location)
        return [last]
    }

    /// `<repeated_offenders>`: minutes for the second, third … offence, each from 1 to a hundred years.
    ///
    /// As with the peers there are five at most; what follows them is left out, with a warning.
    ///
    /// - Returns: nil when the option is absent or a value is unusable (which is reported).
    package func minutes(_ name: String) -> [Int]? {
        let nodes = list(name)
        guard !nodes.isEmpty else { return nil }
        var result: [Int] = []
        for node in nodes {
            guard let text = text(of: node) else { return nil }
            let words = text.listWords
            for word in words {
                guard let minutes = decimal(word), (1...52_560_000).contains(minutes) else {
                    invalid(node, "expected minutes such as 30,60,120, and \(quoted(word)) is none")
                    return nil
                }
                result.append(minutes)
            }
            if words.isEmpty {
                invalid(node, "it is empty; expected minutes such as 30,60,120")
                return nil
            }
        }
        if result.count > Self.mostOffences {
            diagnostics.warning(
                "\(nodes[0].label) has \(result.count) values; the first \(Self.mostOffences) count, remove the others",
                at: nodes[0].valueLocation)
        }
        return Array(result.prefix(Self.mostOffences))
    }
}
