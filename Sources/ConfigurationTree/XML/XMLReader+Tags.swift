extension XMLReader {
    /// Reads from `<` to the end of the start tag, and opens the element.
    mutating func readStartTag() {
        let start = cursor.location
        cursor.advance()
        let name = cursor.takeName()
        guard name.utf8.count <= XMLText.limit else {
            malformed("the element's name is too long: at most \(XMLText.limit) bytes are allowed", at: start)
            cursor.skip(past: UInt8(ascii: ">"))
            return
        }
        guard open.count < Self.maximumDepth else {
            malformed("elements are nested too deeply: at most \(Self.maximumDepth) levels", at: start)
            isHopeless = true
            return
        }
        let isClosed = readAttributes(of: name, start: start)
        open.append(XMLElement(name: name, location: start, contentLocation: cursor.location))
        if isClosed { close() }
    }

    /// Reads up to and including `>` or `/>`; returns whether it was `/>`.
    ///
    /// Nobody looks at attributes, the peers neither (in the sections that are ours), but they must be well formed,
    /// since a missing quote swallows whatever follows.
    private mutating func readAttributes(of element: String, start: SourceLocation) -> Bool {
        var names: Set<String> = []
        while true {
            let hadBlank = cursor.peek()?.isXMLBlank ?? false
            cursor.skipBlanks()
            if cursor.take(">") { return false }
            if cursor.take("/>") { return true }
            guard let byte = cursor.peek(), byte != UInt8(ascii: "<") else {
                malformed("the tag <\(element) is not closed: '>' is missing", at: start)
                return false
            }
            let here = cursor.location
            guard byte.isXMLNameStart, hadBlank else {
                malformed(
                    "invalid character in the tag <\(element)>: expected '>' or an attribute such as name=\"value\"",
                    at: here)
                skipRestOfTag()
                return false
            }
            let name = cursor.takeName()
            if !names.insert(name).inserted {
                malformed("the attribute \(quoted(name)) is given twice in <\(element)>; remove one", at: here)
            } else if names.count == Self.maximumAttributes + 1 {
                malformed("<\(element)> has too many attributes: at most \(Self.maximumAttributes)", at: here)
            }
            guard readAttributeValue(of: name) else {
                skipRestOfTag()
                return false
            }
        }
    }

    /// Reads `="value"`; returns false, with an error reported, when it is not there.
    private mutating func readAttributeValue(of name: String) -> Bool {
        cursor.skipBlanks()
        guard cursor.take("=") else {
            malformed(
                "the attribute \(quoted(name)) has no value: expected =\"value\", or '>' before it", at: cursor.location
            )
            return false
        }
        cursor.skipBlanks()
        let start = cursor.location
        guard let quote = cursor.peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            malformed("the value of the attribute \(quoted(name)) must stand in quotes", at: start)
            return false
        }
        cursor.advance()
        let first = cursor.offset
        while let byte = cursor.peek(), byte != UInt8(ascii: "<") {
            cursor.advance()
            guard byte == quote else { continue }
            if cursor.offset - first - 1 > XMLText.limit || name.utf8.count > XMLText.limit {
                malformed(
                    "the attribute \(quoted(name)) is too long: at most \(XMLText.limit) bytes are allowed", at: start)
            }
            return true
        }
        malformed(
            "the value of the attribute \(quoted(name)) is not closed: the quote that ends it is missing "
                + "(a '<' in it must be written as &lt;)", at: start)
        return false
    }

    /// Moves behind the `>` that ends a damaged tag, but never into the next tag.
    private mutating func skipRestOfTag() {
        while let byte = cursor.peek(), byte != UInt8(ascii: "<") {
            cursor.advance()
            if byte == UInt8(ascii: ">") { return }
        }
    }

    /// Reads an end tag and closes what it ends.
    ///
    /// One mistake should be one error, so: an end tag of an outer element closes what is open in between; one that
    /// is nearly the innermost element's name is taken for a misspelling of it; any other is skipped.
    mutating func readEndTag() {
        let start = cursor.location
        cursor.advance(2)
        let name = cursor.takeName()
        cursor.skipBlanks()
        if !cursor.take(">") {
            malformed(
                name.isEmpty
                    ? "invalid end tag: expected </NAME>" : "the end tag </\(name) is not closed: '>' is missing",
                at: start)
            skipRestOfTag()
            if name.isEmpty { return }
        }
        guard let innermost = open.last else {
            malformed("\(quoted("</\(name)>")) ends nothing: no element is open here; remove it", at: start)
            return
        }
        if innermost.name == name {
            close()
        } else if open.contains(where: { $0.name == name }) {
            malformed(
                "<\(innermost.name)> is not closed: </\(innermost.name)> is missing before </\(name)> at line "
                    + "\(start.line), column \(start.column)", at: innermost.location)
            while let element = open.last {
                close()
                if element.name == name { break }
            }
        } else {
            malformed(
                "\(quoted("</\(name)>")) ends no open element: expected </\(innermost.name)> for <\(innermost.name)> "
                    + "opened at line \(innermost.location.line), column \(innermost.location.column)", at: start)
            if didYouMean(name, among: [innermost.name]) != nil { close() }
        }
    }
}
