/// Makes text safe for a terminal.
enum Terminal {
    /// The text with everything escaped that would steer the terminal or turn the reading direction: user names and
    /// script output come from attackers.
    static func safe(_ text: String) -> String {
        escape(text, keeping: [])
    }

    /// The same for text of several lines; line breaks and tabs stay.
    static func safeLines(_ text: String) -> String {
        escape(text, keeping: ["\n", "\t"])
    }

    private static func escape(_ text: String, keeping kept: [Unicode.Scalar]) -> String {
        text.unicodeScalars.reduce(into: "") { safe, scalar in
            if !kept.contains(scalar), isDangerous(scalar) {
                safe += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
