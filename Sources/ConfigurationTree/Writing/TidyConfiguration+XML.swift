extension TidyConfiguration {
    /// The configuration in XML in one `<edr_config>` root, ending with a line break.
    package var xml: String {
        let sections = sections.map { Self.element($0.name, $0.options, section: $0.name, indent: "  ") }
        return "<edr_config>\n" + sections.joined(separator: "\n") + "</edr_config>\n"
    }

    /// An element that holds options.
    ///
    /// - Parameter section: whose options these are, for their shapes.
    private static func element(_ name: String, _ options: [Option], section: String, indent: String) -> String {
        let content = options.map { lines($0, section, indent: indent + "  ") }.joined()
        return "\(indent)<\(name)>\n\(content)\(indent)</\(name)>\n"
    }

    private static func lines(_ option: Option, _ section: String, indent: String) -> String {
        switch option.content {
        case .text(let text): return line(option.name, text, indent)
        case .blocks(let blocks):
            return blocks.map { element(option.name, $0, section: option.name, indent: indent) }.joined()
        case .list(let words):
            switch OptionShape(section: section, option: option.name) {
            case .entries: return words.map { line(option.name, $0, indent) }.joined()
            case .words, .addedWords: return line(option.name, words.joined(separator: ","), indent)
            case .arguments where words.allSatisfy({ $0.blankSeparatedWords == [$0] }):
                return line(option.name, words.joined(separator: " "), indent)
            case .groups where words.count > 1 && groupNames(in: words.joined(separator: ",")) == words:
                return line(option.name, words.joined(separator: ","), indent)
            default:
                let items = words.map { line(XMLElement.listItem, $0, indent + "  ") }.joined()
                return "\(indent)<\(option.name)>\n\(items)\(indent)</\(option.name)>\n"
            }
        }
    }

    private static func line(_ name: String, _ text: String, _ indent: String) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        // A backslash would make text of the '<' behind it; blanks around a value are no part of it.
        let separator = text.hasSuffix("\\") ? " " : ""
        return "\(indent)<\(name)>\(escaped)\(separator)</\(name)>\n"
    }
}
