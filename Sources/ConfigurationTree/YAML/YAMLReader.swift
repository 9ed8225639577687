/// Reads YAML into the same tree as the XML: a mapping of sections, lists for repeated elements.
///
/// Several documents count as several roots. Anchors, aliases and tags of one's own are errors: the configuration
/// needs none, an alias can blow a small file up beyond any memory, and an unquoted `!name` or `*name` is in truth a
/// value whose quotes are missing.
struct YAMLReader {
    static let maximumDepth = XMLReader.maximumDepth

    /// A mapping or a list that is still open.
    private struct Collection {
        let isList: Bool
        /// The key that this is the value of.
        let key: Key?
        let location: SourceLocation
        /// An item of a list.
        let isListItem: Bool
        var children: [ConfigNode] = []
        /// Where each key was first seen (mappings only).
        var keys: [String: SourceLocation] = [:]
        /// The key whose value comes next; nil when a key comes next (mappings only).
        var pendingKey: Key?
    }

    private struct Key {
        let name: String
        let location: SourceLocation
        /// The key is itself an error, which was reported: its value is read and dropped.
        var isInvalid = false
    }

    private let file: String
    private let bytes: [UInt8]
    private let diagnostics: Diagnostics
    private var open: [Collection] = []
    private var sections: [ConfigNode] = []

    init(_ bytes: [UInt8], name: String, diagnostics: Diagnostics) {
        self.bytes = bytes
        file = name
        self.diagnostics = diagnostics
    }

    /// Returns the sections of all documents in file order.
    mutating func read() -> [ConfigNode] {
        guard var parser = YAMLParser(bytes, file: file) else {
            diagnostics.error("not enough memory to read the YAML", at: .start(of: file))
            return []
        }
        var isEmpty = true
        do throws(YAMLParser.Problem) {
            while true {
                let item = try parser.next()
                if case .streamEnd = item.event { break }
                isEmpty = false
                guard handle(item) else { return sections }
            }
        } catch {
            diagnostics.error(error.message, at: error.location)
            return sections
        }
        if isEmpty { diagnostics.warning("the file is empty", at: .start(of: file)) }
        return sections
    }

    /// Returns false when there is no sense in reading on.
    private mutating func handle(_ item: YAMLParser.Item) -> Bool {
        checkProperties(item)
        switch item.event {
        case .streamEnd, .documentStart, .documentEnd: break
        case .mappingStart, .sequenceStart:
            guard open.count < Self.maximumDepth else {
                diagnostics.error(
                    "mappings and lists are nested too deeply: at most \(Self.maximumDepth) levels", at: item.location)
                return false
            }
            begin(item)
        case .mappingEnd, .sequenceEnd: end()
        case .scalar(let text, let isPlain):
            let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
            scalar(isNull ? nil : text, at: item.location)
        case .alias(let name):
            diagnostics.error(
                "aliases such as \(quoted("*" + name)) are not supported; write the value out, or in quotes when the "
                    + "'*' belongs to it", at: item.location)
            scalar(nil, at: item.location)
        }
        return true
    }

    private func checkProperties(_ item: YAMLParser.Item) {
        if let anchor = item.anchor {
            diagnostics.error(
                "anchors such as \(quoted("&" + anchor)) are not supported; remove it, or quote the value when the "
                    + "'&' belongs to it", at: item.location)
        }
        if let tag = item.tag, !tag.hasPrefix("tag:yaml.org,2002:") {
            diagnostics.error(
                "tags such as \(quoted(tag)) are not supported; quote the value when the '!' belongs to it",
                at: item.location)
        }
    }

    private mutating func begin(_ item: YAMLParser.Item) {
        let isList = if case .sequenceStart = item.event { true } else { false }
        var key: Key?
        var isListItem = false
        if let parent {
            if parent.isList {
                key = parent.key
                isListItem = true
                if isList, key?.isInvalid != true {
                    diagnostics.error(
                        "a list inside a list: the items of \(quoted(parent.key?.name ?? "")) must be values or "
                            + "mappings", at: item.location)
                    key?.isInvalid = true
                }
            } else if !parent.expectsKey {
                key = parent.key
            } else {
                diagnostics.error("a key must be a plain name, not a list or a mapping", at: item.location)
                key = Key(name: "", location: item.location, isInvalid: true)
            }
        } else if isList {
            diagnostics.error("the document must be a mapping of sections (NAME: …), not a list", at: item.location)
        }
        open.append(Collection(isList: isList, key: key, location: item.location, isListItem: isListItem))
    }

    private mutating func end() {
        guard let ended = open.popLast() else { return }
        guard let parent else {
            if !ended.isList { sections += ended.children }
            return
        }
        if parent.expectsKey {
            // The complex key that begin() complained about: its value is still to come.
            open[open.count - 1].pendingKey = ended.key
            return
        }
        if let key = ended.key, !key.isInvalid {
            if ended.isList && !ended.children.isEmpty {
                open[open.count - 1].children += ended.children
            } else {
                open[open.count - 1].children.append(
                    ConfigNode(
                        name: key.name, location: ended.isListItem ? ended.location : key.location,
                        valueLocation: ended.location, value: nil, children: ended.children, root: .yaml,
                        isListItem: ended.isListItem))
            }
        }
        open[open.count - 1].pendingKey = nil
    }

    /// - Parameter text: nil for YAML's null.
    private mutating func scalar(_ text: String?, at location: SourceLocation) {
        guard let parent else {
            if text != nil {
                diagnostics.error("the document must be a mapping of sections (NAME: …), not a text", at: location)
            }
            return
        }
        if parent.expectsKey {
            open[open.count - 1].pendingKey = key(text ?? "", at: location)
            return
        }
        if let key = parent.key, !key.isInvalid {
            open[open.count - 1].children.append(
                ConfigNode(
                    name: key.name, location: parent.isList ? location : key.location, valueLocation: location,
                    value: text.map(\.trimmingBlanks), root: .yaml, isListItem: parent.isList))
        }
        open[open.count - 1].pendingKey = nil
    }

    /// What the innermost open collection makes of the next node; nil at the top.
    ///
    /// Not the collection itself: a copy of that would make every append to its children copy them all.
    private var parent: (isList: Bool, key: Key?, expectsKey: Bool)? {
        guard !open.isEmpty else { return nil }
        let isList = open[open.count - 1].isList
        let key = isList ? open[open.count - 1].key : open[open.count - 1].pendingKey
        return (isList, key, !isList && key == nil)
    }

    private mutating func key(_ name: String, at location: SourceLocation) -> Key {
        if name.isEmpty {
            diagnostics.error("a key is missing before ':'", at: location)
            return Key(name: name, location: location, isInvalid: true)
        }
        if let first = open[open.count - 1].keys[name] {
            diagnostics.error(
                "the key \(quoted(name)) is given twice, first at line \(first.line), column \(first.column); write a "
                    + "list for several values: \(name): [A, B]", at: location)
            return Key(name: name, location: location, isInvalid: true)
        }
        open[open.count - 1].keys[name] = location
        return Key(name: name, location: location)
    }
}
