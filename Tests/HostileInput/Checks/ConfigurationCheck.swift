import ConfigurationTree
import Policy

/// Reads a configuration and what it says about responding.
struct ConfigurationCheck {
    private let bytes: [UInt8]
    private let format: ConfigurationFile.Format

    init(_ bytes: [UInt8], _ format: ConfigurationFile.Format) {
        self.bytes = bytes
        self.format = format
    }

    func run() throws(Violation) {
        let diagnostics = Diagnostics()
        let sections = ConfigurationFile.parse(bytes, name: "file", format: format, diagnostics: diagnostics)
        _ = PolicyDefinition(
            sections: sections.sections(named: PolicyDefinition.sectionNames, diagnostics: diagnostics),
            diagnostics: diagnostics)
        let text = TextShape(bytes, format)
        try demand(diagnostics.all.count <= Diagnostics.limit + 1, "\(diagnostics.all.count) diagnostics")
        try demand(
            diagnostics.hasErrors == diagnostics.all.contains { $0.severity == .error }, "hasErrors is wrong")
        for diagnostic in diagnostics.all {
            guard let location = diagnostic.location else { throw Violation("no place: \(diagnostic)") }
            try demand(text.contains(location), "outside of the file: \(diagnostic)")
            try demand(!diagnostic.description.contains(where: \.isNewline), "more than one line: \(diagnostic)")
        }
        try check(sections, in: text)
    }

    private func check(_ nodes: [ConfigNode], in text: TextShape) throws(Violation) {
        var left = nodes
        while let node = left.popLast() {
            for place in [node.location, node.valueLocation, node.strayTextLocation].compactMap(\.self) {
                try demand(text.contains(place), "\(node.name): outside of the file: \(place)")
            }
            try demand(node.value == nil || node.children.isEmpty, "\(node.name) has a value and children")
            left += node.children
        }
    }
}

/// How long the lines of a text are.
private struct TextShape {
    /// The characters of each line.
    private var lengths = [0]

    init(_ bytes: [UInt8], _ format: ConfigurationFile.Format) {
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var last: Unicode.Scalar?
        for scalar in scalars {
            if scalar == "\n", last == "\r", format == .yaml {
                // One break, counted with its first half.
            } else if Self.isBreak(scalar, format) {
                lengths.append(0)
            } else {
                lengths[lengths.count - 1] += 1
            }
            last = scalar
        }
    }

    private static func isBreak(_ scalar: Unicode.Scalar, _ format: ConfigurationFile.Format) -> Bool {
        switch scalar {
        case "\n": true
        // YAML 1.1 has more kinds of breaks.
        case "\r", "\u{85}", "\u{2028}", "\u{2029}": format == .yaml
        default: false
        }
    }

    /// Whether a place is on a character, or right behind the last one of its line.
    func contains(_ place: SourceLocation) -> Bool {
        (1...lengths.count).contains(place.line) && (1...lengths[place.line - 1] + 1).contains(place.column)
    }
}
