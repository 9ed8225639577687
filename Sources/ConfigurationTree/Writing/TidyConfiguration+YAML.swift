extension TidyConfiguration {
    /// The configuration in YAML, ending with a line break: one key for each kind of section.
    package var yaml: String {
        var keys: [String] = []
        for section in sections where !keys.contains(section.name) { keys.append(section.name) }
        return keys.map { key in
            let blocks = sections.filter { $0.name == key }.map(\.options)
            let isList = blocks.count > 1 || OptionShape.listedSections.contains(key)
            return Self.lines(key, blocks, isList: isList, section: key, indent: "").joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    /// Longer lists have one line for each item.
    private static let longestLine = 100

    /// The key and the mappings that it holds.
    ///
    /// - Parameter section: whose options these are, for their shapes.
    private static func lines(
        _ key: String, _ blocks: [[Option]], isList: Bool, section: String, indent: String
    ) -> [String] {
        let inner = indent + "  "
        return ["\(indent)\(key):"]
            + blocks.flatMap { options -> [String] in
                guard isList else { return options.flatMap { lines($0, section, indent: inner) } }
                var item = options.flatMap { lines($0, section, indent: inner + "  ") }
                if let first = item.first { item[0] = inner + "- " + first.dropFirst(inner.utf8.count + 2) }
                return item
            }
    }

    private static func lines(_ option: Option, _ section: String, indent: String) -> [String] {
        switch option.content {
        case .text(let text):
            return ["\(indent)\(option.name): " + YAMLScalar.text(text, isFlag: isFlag(option, section))]
        case .list(let words):
            let scalars = words.map { YAMLScalar.text($0) }
            if scalars.count == 1, isSplit(option, section) { return ["\(indent)\(option.name): \(scalars[0])"] }
            let line = "\(indent)\(option.name): [\(scalars.joined(separator: ", "))]"
            return line.count <= longestLine
                ? [line] : ["\(indent)\(option.name):"] + scalars.map { "\(indent)  - \($0)" }
        case .blocks(let blocks):
            return lines(option.name, blocks, isList: blocks.count > 1, section: option.name, indent: indent)
        }
    }

    /// Whether a text means the same as a list of its words.
    private static func isSplit(_ option: Option, _ section: String) -> Bool {
        switch OptionShape(section: section, option: option.name) {
        case .words, .addedWords, .entries: true
        default: false
        }
    }

    private static func isFlag(_ option: Option, _ section: String) -> Bool {
        switch OptionShape(section: section, option: option.name) {
        case .flag, .stickyFlag: true
        default: false
        }
    }
}
