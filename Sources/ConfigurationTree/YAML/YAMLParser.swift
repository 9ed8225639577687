internal import CYAML

/// libyaml's event parser with Swift values: the only place that touches its C structures.
struct YAMLParser: ~Copyable {
    enum Event {
        case streamEnd
        case documentStart
        case documentEnd
        case mappingStart
        case mappingEnd
        case sequenceStart
        case sequenceEnd
        /// `isPlain`: written without quotes, so that `null` means nothing rather than the word.
        case scalar(String, isPlain: Bool)
        case alias(String)
    }

    /// An event, where it begins, and the anchor and the tag that it carries.
    struct Item {
        let event: Event
        let location: SourceLocation
        var anchor: String?
        var tag: String?
    }

    /// What libyaml says is wrong, in one sentence.
    struct Problem: Error {
        let message: String
        let location: SourceLocation
    }

    private let file: String
    private let bytes: [UInt8]
    /// Behind the last byte.
    private let end: SourceLocation
    /// Owned; libyaml keeps pointers into these, so neither may move while the parser lives.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Nil when there is no memory.
    init?(_ bytes: [UInt8], file: String) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        self.file = file
        self.bytes = bytes
        end = Self.location(ofByte: bytes.count, in: bytes, file: file)
        self.parser = parser
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// Returns the next event.
    ///
    /// After a problem or the stream's end there is nothing more to ask for.
    mutating func next() throws(Problem) -> Item {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
            defer { yaml_event_delete(&event) }
            if let item = item(event) { return item }
        }
    }

    /// Nil for the stream's start, which says nothing.
    private func item(_ event: yaml_event_t) -> Item? {
        let location = location(event.start_mark)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return Item(event: .documentStart, location: location)
        case YAML_DOCUMENT_END_EVENT: return Item(event: .documentEnd, location: location)
        case YAML_MAPPING_END_EVENT: return Item(event: .mappingEnd, location: location)
        case YAML_SEQUENCE_END_EVENT: return Item(event: .sequenceEnd, location: location)
        case YAML_STREAM_END_EVENT: return Item(event: .streamEnd, location: location)
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return Item(event: .mappingStart, location: location, anchor: text(data.anchor), tag: text(data.tag))
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return Item(event: .sequenceStart, location: location, anchor: text(data.anchor), tag: text(data.tag))
        case YAML_ALIAS_EVENT:
            return Item(event: .alias(text(event.data.alias.anchor) ?? ""), location: location)
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let value = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            return Item(
                event: .scalar(value, isPlain: data.style == YAML_PLAIN_SCALAR_STYLE), location: location,
                anchor: text(data.anchor), tag: text(data.tag))
        default: return nil
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func location(_ mark: yaml_mark_t) -> SourceLocation {
        // libyaml counts characters from 0, and pretends a line break at the end of a file that has none there.
        let location = SourceLocation(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
        return location.line > end.line ? end : location
    }

    private func problem() -> Problem {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "the YAML cannot be read"
        switch state.error {
        case YAML_READER_ERROR:
            // Only a byte offset is known: the input is no valid UTF-8 or holds a control character.
            return Problem(
                message: problem + YAMLHint.text(for: problem, isIndentedByTab: false),
                location: Self.location(ofByte: Int(state.problem_offset), in: bytes, file: file))
        case YAML_MEMORY_ERROR:
            return Problem(message: "not enough memory to read the YAML", location: .start(of: file))
        default:
            let place = location(state.problem_mark)
            let context = state.context.map { context in
                let start = location(state.context_mark)
                let isElsewhere = start.line != place.line
                return " " + String(cString: context)
                    + (isElsewhere ? " that begins at line \(start.line), column \(start.column)" : "")
            }
            let hint = YAMLHint.text(for: problem, isIndentedByTab: isIndentedByTab(line: place.line))
            return Problem(message: problem + (context ?? "") + hint, location: place)
        }
    }

    /// Counts as libyaml does: CR, LF, CR LF, NEL, LS and PS end a line.
    private static func location(ofByte offset: Int, in bytes: [UInt8], file: String) -> SourceLocation {
        var line = 1
        var column = 1
        let text = String(decoding: bytes.prefix(offset), as: UTF8.self).unicodeScalars
        var last: Unicode.Scalar?
        for scalar in text {
            switch scalar {
            case "\u{FEFF}" where last == nil: break
            case "\n" where last == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                line += 1
                column = 1
            default: column += 1
            }
            last = scalar
        }
        return SourceLocation(file: file, line: line, column: column)
    }

    private func isIndentedByTab(line: Int) -> Bool {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
        guard line <= lines.count else { return false }
        return lines[line - 1].prefix(while: \.isXMLBlank).contains(UInt8(ascii: "\t"))
    }
}
