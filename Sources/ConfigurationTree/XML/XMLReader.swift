/// Reads the lenient XML dialect of the peers' configuration files (reference: OSSEC's and Wazuh's `os_xml`).
///
/// Any number of roots with anything between them; comments open with `<!` and close with `-->` or `!>`; `\<` in a
/// value is a literal `\<`. Unlike the peers: `<?…?>` before and between roots, blanks around values and the five
/// entities are understood, and what is wrong is reported with its place, as much of it in one pass as makes sense.
///
/// The reader never recurses, so that no nesting overflows the stack.
struct XMLReader {
    /// The peers' limits.
    static let maximumDepth = 1024
    static let maximumAttributes = 48

    var cursor: XMLCursor
    let diagnostics: Diagnostics
    /// The elements that are open here, outermost (the root) first.
    var open: [XMLElement] = []
    /// The sections of all roots so far.
    private var sections: [ConfigNode] = []
    private var hasRoot = false
    /// Text between roots is skipped, but a file of nothing else is none of ours.
    private var strayText: SourceLocation?
    /// After an error that leaves nothing sensible to read on with.
    var isHopeless = false

    init(_ bytes: [UInt8], name: String, diagnostics: Diagnostics) {
        cursor = XMLCursor(bytes, file: name)
        self.diagnostics = diagnostics
    }

    /// Returns the sections of all `<edr_config>` and `<ossec_config>` roots in file order.
    mutating func read() -> [ConfigNode] {
        while !isHopeless, let byte = cursor.peek() {
            if byte == UInt8(ascii: "<") {
                readMarkup()
            } else if byte == UInt8(ascii: "\\"), cursor.peek(1) == UInt8(ascii: "<") {
                takeText()
                takeText()
            } else {
                takeText()
            }
        }
        if !isHopeless { finish() }
        return sections
    }

    /// Reports what is no well-formed text of the dialect, under the peers' number.
    func malformed(_ message: String, at location: SourceLocation?) {
        diagnostics.error("(1226): Error reading XML file: \(message)", at: location)
    }

    /// Takes one byte as text.
    mutating func takeText() {
        guard let byte = cursor.peek() else { return }
        let here = cursor
        if open.isEmpty {
            if strayText == nil, !byte.isXMLBlank { strayText = here.location }
        } else {
            let last = open.count - 1
            let wasTooLong = open[last].text.isTooLong
            open[last].text.append(byte, at: here.location)
            if open[last].text.isTooLong, !wasTooLong {
                malformed(
                    "the value of <\(open[last].name)> is too long: at most \(XMLText.limit) bytes are allowed",
                    at: open[last].text.start)
            }
        }
        cursor.advance()
    }

    private mutating func readMarkup() {
        let start = cursor.location
        let next = cursor.peek(1)
        if cursor.starts(with: "<!") {
            skipComment()
        } else if cursor.starts(with: "</") {
            readEndTag()
        } else if cursor.starts(with: "<?") {
            skipDeclaration()
        } else if let next, next.isXMLNameStart {
            readStartTag()
        } else {
            malformed("a '<' in text must be written as &lt; (or \\<)", at: start)
            takeText()
        }
    }

    private mutating func skipComment() {
        let start = cursor.location
        if cursor.starts(with: "<![CDATA[") || cursor.starts(with: "<!DOCTYPE") {
            // To the peers these are comments that swallow everything up to the next "-->".
            malformed(
                cursor.starts(with: "<!D")
                    ? "document type declarations are not supported; remove it"
                    : "CDATA sections are not supported; write the text as it is, with &lt; for '<'", at: start)
            cursor.skip(past: UInt8(ascii: ">"))
            return
        }
        cursor.advance(2)
        while !cursor.isAtEnd {
            if cursor.take("-->") || cursor.take("!>") { return }
            cursor.advance()
        }
        malformed("the comment that begins here is not closed: --> is missing", at: start)
        isHopeless = true
    }

    private mutating func skipDeclaration() {
        let start = cursor.location
        if let element = open.last {
            malformed(
                "<?…?> may stand only before or between the roots, not inside <\(element.name)>", at: start)
        }
        while !cursor.isAtEnd {
            if cursor.take("?>") { return }
            cursor.advance()
        }
        malformed("the declaration that begins here is not closed: ?> is missing", at: start)
        isHopeless = true
    }

    /// Adds the finished innermost element to its parent, or its sections to the result when it is a root.
    mutating func close() {
        guard let element = open.popLast() else { return }
        guard open.isEmpty else {
            open[open.count - 1].children += element.nodes(root: rootKind ?? .edr, isOption: open.count > 1)
            return
        }
        hasRoot = true
        guard Self.kind(ofRoot: element.name) != nil else {
            diagnostics.error(Self.invalidRoot(element.name), at: element.location)
            return
        }
        if !element.text.isBlank {
            diagnostics.warning("text beside the sections of <\(element.name)> is ignored", at: element.text.start)
        }
        sections += element.children
    }

    /// What the outermost open element makes of the nodes in it.
    private var rootKind: ConfigNode.Root? { open.first.flatMap { Self.kind(ofRoot: $0.name) } }

    private static func kind(ofRoot name: String) -> ConfigNode.Root? {
        switch name {
        case "edr_config": .edr
        case "ossec_config": .ossec
        default: nil
        }
    }

    private static func invalidRoot(_ name: String) -> String {
        let hint =
            name == "agent_config"
            ? "; shared agent configuration belongs into Wazuh's own agent.conf, not here"
            : suggestion(for: name, among: ["edr_config", "ossec_config"])
        return "(1230): Invalid element in the configuration: \(quoted(name)). "
            + "A root must be <edr_config> or <ossec_config>\(hint)"
    }

    /// Reports what is still open at the end of the file, and a file that holds nothing.
    private mutating func finish() {
        if let innermost = open.last {
            let missing = open.reversed().prefix(4).map { "</\($0.name)>" }.joined()
            let end = cursor.location
            malformed(
                "<\(innermost.name)> is not closed: the file ends at line \(end.line), column \(end.column), and "
                    + "\(missing)\(open.count > 4 ? "…" : "") is missing", at: innermost.location)
            while !open.isEmpty { close() }
        } else if !hasRoot {
            if let strayText {
                malformed(
                    "the file holds no <edr_config> (or <ossec_config>) root; YAML belongs into a file whose name "
                        + "ends in .yaml", at: strayText)
            } else {
                diagnostics.warning("the file is empty", at: .start(of: cursor.file))
            }
        }
    }
}
