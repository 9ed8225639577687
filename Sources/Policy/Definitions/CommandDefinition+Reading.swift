package import ConfigurationTree

extension CommandDefinition {
    static let options =
        [
            "name", "executable", "expect", "timeout_allowed", "extra_args", "protocol", "exec_timeout",
        ] + CommandContainment.options

    /// Reads a `<command>` section.
    ///
    /// - Returns: nil only when there is no usable name. After other errors there is a result nonetheless, so that
    ///   the responses that use the command are not blamed for it; `diagnostics` then has errors.
    package static func read(_ section: ConfigNode, diagnostics: Diagnostics) -> CommandDefinition? {
        let reader = SectionReader(section, known: options, diagnostics: diagnostics)
        let missing = ["name", "executable"].filter { reader.last($0) == nil }
        if !missing.isEmpty {
            diagnostics.error(
                "(1280): Missing command options. \(section.label) needs \(missing.joined(separator: " and "))"
                    + (missing.contains("executable") ? " (the script's file name under active-response/bin)" : ""),
                at: section.location)
        }
        let name = reader.nonEmpty("name")
        if let name, name.hasPrefix("!"), let node = reader.last("name") {
            // To the peers "!name" in an order means any file of that name, whether configured or not.
            reader.invalid(node, "a command's name must not begin with '!'")
        }
        let definition = CommandDefinition(
            name: name ?? "",
            executable: executable(reader) ?? "",
            expect: expect(reader),
            timeoutAllowed: reader.flag("timeout_allowed") ?? false,
            extraArguments: extraArguments(reader),
            scriptProtocol: reader.choice("protocol", of: ScriptProtocol.self) ?? .auto,
            execTimeout: reader.duration("exec_timeout", atLeast: .seconds(1)) ?? defaultExecTimeout,
            containment: .read(reader),
            location: section.location)
        return name == nil ? nil : definition
    }

    private static func executable(_ reader: SectionReader) -> String? {
        guard let path = reader.nonEmpty("executable"), let node = reader.last("executable") else { return nil }
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.hasPrefix("/") {
            reader.invalid(node, "expected a path relative to active-response/bin, without a leading '/'")
        } else if components.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            reader.invalid(node, "expected a file under active-response/bin, without '.', '..' or empty parts")
        }
        return path
    }

    private static func expect(_ reader: SectionReader) -> ExpectedFields {
        var fields: ExpectedFields = []
        for node in reader.list("expect") {
            // OSSEC's own configuration has empty ones: nothing is expected. So may YAML's null say.
            if node.isEmpty { continue }
            for word in reader.text(of: node)?.listWords ?? [] {
                switch word.lowercased() {
                case "user", "username": fields.insert(.user)
                case "srcip": fields.insert(.sourceAddress)
                case "filename": fields.insert(.filename)
                case "srcuser":
                    // OSSEC looks for "user" in it.
                    fields.insert(.user)
                    reader.diagnostics.warning(
                        "'srcuser' is taken for 'user', as OSSEC does: the script gets the alert's dstuser",
                        at: node.valueLocation)
                default:
                    reader.invalid(
                        node,
                        "expected words of srcip, user, username, filename, and \(quoted(word)) is none"
                            + suggestion(for: word, among: ["srcip", "user", "username", "filename"]))
                }
            }
        }
        return fields
    }

    /// The words of the text; each item of a YAML list is one word, whatever it contains.
    private static func extraArguments(_ reader: SectionReader) -> [String] {
        reader.list("extra_args").flatMap { node -> [String] in
            if node.isEmpty, !node.isListItem { return [] }
            guard let text = reader.text(of: node) else { return [] }
            return node.isListItem ? [text] : text.blankSeparatedWords
        }
    }
}
