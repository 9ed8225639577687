import Alerts

/// One word of a command's `extra_args`.
package enum ArgumentWord: Sendable {
    case literal(String)
    /// A field of the alert, by its path.
    case field(String)

    /// The longest value of a field, in bytes.
    private static let longest = 4096

    /// A word that begins with `$` and a letter or underscore refers to a field: `$data.win.system.computer`.
    ///
    /// Any other word, such as `$5`, stands for itself.
    package init(_ word: String) {
        let path = word.dropFirst()
        // A word without a second byte is none of these.
        switch path.utf8.first ?? 0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            self = word.utf8.first == UInt8(ascii: "$") ? .field(String(path)) : .literal(word)
        default:
            self = .literal(word)
        }
    }

    /// The word for one alert.
    ///
    /// A value is one word whatever it contains, so blanks, quotes and `$` in it are harmless; what could disturb a
    /// script that reads lines is refused.
    func resolved(_ alert: Alert) -> Resolution {
        switch self {
        case .literal(let word): return .word(word)
        case .field(let path):
            guard let text = alert.text(at: path) else { return .refused("the alert has no field \"\(path)\"") }
            if text.utf8.count > Self.longest {
                return .refused("the alert's \"\(path)\" is longer than \(Self.longest) bytes")
            }
            if text.unicodeScalars.contains(where: isControl) {
                return .refused("the alert's \"\(path)\" contains a control character")
            }
            return .word(text)
        }
    }

    enum Resolution {
        case word(String)
        /// With the reason.
        case refused(String)
    }
}
