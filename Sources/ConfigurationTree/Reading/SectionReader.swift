/// Typed access to the options of one section.
///
/// Every method that meets an unusable value reports it and returns nil, so that a program reads all of its options
/// and fails once, at the end, when ``Diagnostics/hasErrors`` is set.
package struct SectionReader {
    package let section: ConfigNode
    package let diagnostics: Diagnostics

    /// Checks the section's shape and the names of its options.
    ///
    /// - Parameters:
    ///   - known: the names of all options of this section. Any other is an error, except:
    ///   - peers: options of Wazuh's and OSSEC's that we have no use for; one notice names those that are there.
    package init(_ section: ConfigNode, known: [String], peers: [String] = [], diagnostics: Diagnostics) {
        self.section = section
        self.diagnostics = diagnostics
        if let value = section.value, !value.isEmpty {
            diagnostics.error(
                "\(section.label) must hold options (\(known.prefix(4).joined(separator: ", "))), not the text "
                    + quoted(value), at: section.valueLocation)
        }
        if let stray = section.strayTextLocation {
            diagnostics.warning("text beside the options of \(section.label) is ignored", at: stray)
        }
        var skipped: [String] = []
        for option in section.children where !known.contains(option.name) {
            if peers.contains(option.name) {
                if !skipped.contains(option.name) { skipped.append(option.name) }
            } else {
                diagnostics.error(
                    "(1230): Invalid element in the configuration: \(quoted(option.name)). The options of "
                        + "\(section.label) are \(known.joined(separator: ", "))"
                        + suggestion(for: option.name, among: known), at: option.location)
            }
        }
        if !skipped.isEmpty {
            diagnostics.notice(
                "options of Wazuh or OSSEC in \(section.label) are skipped: \(skipped.joined(separator: ", "))",
                at: section.location)
        }
    }

    /// Every node of that name, in file order.
    package func all(_ name: String) -> [ConfigNode] {
        section.children.filter { $0.name == name }
    }

    /// The last node of that name: as with the peers, the last of repeated options counts.
    package func last(_ name: String) -> ConfigNode? {
        section.children.last { $0.name == name }
    }

    /// The single text of an option, which may be empty; nil when the option is absent or unusable.
    ///
    /// A repeated option gets a warning, and a list of several values is an error.
    package func string(_ name: String) -> String? {
        guard let node = single(name) else { return nil }
        return text(of: node)
    }

    /// The text of an option that must be there and must not be empty.
    package func required(_ name: String) -> String? {
        guard last(name) != nil else {
            diagnostics.error("\(section.label) needs the option '\(name)'", at: section.location)
            return nil
        }
        return nonEmpty(name)
    }

    /// The text of an option that may be absent, but not empty.
    package func nonEmpty(_ name: String) -> String? {
        guard let node = single(name), let text = text(of: node) else { return nil }
        if text.isEmpty { invalid(node, "it is empty; give a value or remove it") }
        return text.isEmpty ? nil : text
    }

    /// `yes` or `no`, exactly as the peers want it; in YAML also `true` or `false`.
    package func flag(_ name: String) -> Bool? {
        single(name).flatMap(flag(of:))
    }

    /// A flag of which, as with the peers' `disabled`, one "yes" counts wherever it stands among several: nothing later
    /// in the section takes it back.
    package func stickyFlag(_ name: String) -> Bool? {
        let flags = all(name).compactMap(flag(of:))
        return flags.isEmpty ? nil : flags.contains(true)
    }

    package func flag(of node: ConfigNode) -> Bool? {
        guard let text = text(of: node) else { return nil }
        switch text {
        case "yes": return true
        case "no": return false
        case "true" where node.root == .yaml: return true
        case "false" where node.root == .yaml: return false
        default:
            invalid(node, "expected yes or no")
            return nil
        }
    }

    /// A whole number in decimal digits within `range`.
    package func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = single(name), let text = text(of: node) else { return nil }
        guard let number = decimal(text), range.contains(number) else {
            invalid(node, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A duration as ``parseDuration(_:)`` reads it, not below `minimum`.
    package func duration(_ name: String, atLeast minimum: Duration = .zero) -> Duration? {
        guard let node = single(name), let text = text(of: node) else { return nil }
        guard let duration = parseDuration(text) else {
            invalid(node, "expected seconds or a number with a unit: 90, 90s, 10m, 2h, 1d, 1w (100 years at most)")
            return nil
        }
        guard duration >= minimum else {
            invalid(node, "expected at least \(minimum.components.seconds) s")
            return nil
        }
        return duration
    }

    /// The value of an option, or the limit for one beyond it, with a warning.
    package func bounded<Value: Comparable>(_ name: String, _ value: Value, to limit: Value, called text: String)
        -> Value
    {
        guard value > limit, let node = last(name) else { return value }
        diagnostics.warning("\(node.label) is longer than \(text), and counts as that", at: node.valueLocation)
        return limit
    }

    /// A number of bytes as ``parseByteCount(_:)`` reads it, not below `minimum`.
    package func byteCount(_ name: String, atLeast minimum: Int = 0) -> Int? {
        guard let node = single(name), let text = text(of: node) else { return nil }
        guard let count = parseByteCount(text) else {
            invalid(node, "expected bytes or a number with a unit: 500000, 64K, 500M, 2G")
            return nil
        }
        guard count >= minimum else {
            invalid(node, "expected at least \(minimum >> 20)M")
            return nil
        }
        return count
    }

    /// One of a few words, exactly as written in `values`.
    package func choice<Value: RawRepresentable & CaseIterable>(_ name: String, of values: Value.Type) -> Value?
    where Value.RawValue == String {
        guard let node = single(name), let text = text(of: node) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let words = Value.allCases.map(\.rawValue)
        invalid(node, "expected \(words.joined(separator: ", "))" + suggestion(for: text, among: words))
        return nil
    }

    /// The text of a node that must hold a plain value of clean text.
    package func text(of node: ConfigNode) -> String? {
        guard let value = node.value else {
            diagnostics.error(
                node.isEmpty
                    ? "(1234): Invalid NULL content for element: \(node.label). Give it a value or remove it"
                    : "\(node.label) must hold a plain value, not options of its own", at: node.location)
            return nil
        }
        // Such values end up as arguments of programs and in logs; U+FFFD stands for bytes that were no UTF-8.
        let isClean = value.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: true
            case 0..<0x20, 0x7F..<0xA0, 0xFFFD: false
            default: true
            }
        }
        guard isClean else {
            invalid(node, "it holds a control character or bytes that are not UTF-8; remove them")
            return nil
        }
        return value
    }

    /// Reports an option's value, in the peers' words first.
    package func invalid(_ node: ConfigNode, _ reason: String) {
        diagnostics.error(
            "(1235): Invalid value for element '\(node.name)': \(quoted(node.value ?? "")). \(sentence(reason))",
            at: node.valueLocation)
    }

    /// The node of an option that has one value.
    private func single(_ name: String) -> ConfigNode? {
        let nodes = all(name)
        guard nodes.count > 1, let last = nodes.last else { return nodes.first }
        if last.isListItem {
            diagnostics.error("\(last.label) takes one value, not a list", at: last.location)
            return nil
        }
        diagnostics.warning("\(last.label) is given \(nodes.count) times; the last one counts", at: last.location)
        return last
    }

    private func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}

/// A whole number in decimal digits with an optional `-`; nil for anything else, blanks and `+` included.
package func decimal(_ text: some StringProtocol) -> Int? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int(text)
}
