extension String {
    /// The text without the blanks, tabs and line breaks around it.
    package var trimmingBlanks: String {
        guard let first = utf8.firstIndex(where: { !$0.isXMLBlank }),
            let last = utf8.lastIndex(where: { !$0.isXMLBlank })
        else { return "" }
        return String(decoding: utf8[first...last], as: UTF8.self)
    }

    /// The words between commas, blanks, tabs and line breaks; empty ones are left out.
    package var listWords: [String] {
        utf8.split(whereSeparator: { $0.isXMLBlank || $0 == UInt8(ascii: ",") }).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// The words between blanks, tabs and line breaks.
    package var blankSeparatedWords: [String] {
        utf8.split(whereSeparator: \.isXMLBlank).map { String(decoding: $0, as: UTF8.self) }
    }
}
