/// Says for a complaint of libyaml's what would be right.
enum YAMLHint {
    /// - Parameters:
    ///   - problem: libyaml's words.
    ///   - isIndentedByTab: the line of the complaint begins with a tab among its blanks.
    /// - Returns: the end of a sentence, or nothing.
    static func text(for problem: String, isIndentedByTab: Bool) -> String {
        if isIndentedByTab { return "; YAML is indented with blanks, not with tabs" }
        return hints.first { problem.contains($0.problem) }.map { "; " + $0.hint } ?? ""
    }

    /// The first that fits counts.
    private static let hints: [(problem: String, hint: String)] = [
        (
            "mapping values are not allowed",
            "quote the value when the ':' belongs to it, else indent the key like its neighbours"
        ),
        ("expected ',' or ']'", "separate the items with ',' and end the list with ']'"),
        ("expected ',' or '}'", "separate the options with ',' and end the mapping with '}'"),
        ("unexpected end of stream", "the quote that ends the text is missing"),
        ("cannot start any token", "quote the value when that character belongs to it"),
        (
            "expected key",
            "begin the keys of one level in the same column, and quote values that hold quotes or brackets"
        ),
        ("'-' indicator", "begin the items of a list, each with '- ', in the same column"),
        ("expected ':'", "write NAME: VALUE, or indent the line when it belongs to the value before it"),
        ("alphabetic or numeric", "quote the value when the '*' or '&' belongs to it"),
        ("directive", "quote the value when the '%' belongs to it, else remove the line"),
        ("escape character", "write '\\\\' for a backslash between double quotes, or use single quotes"),
        ("control characters", "remove them; between double quotes \\n and \\t may be written"),
        ("UTF-8", "save the file as UTF-8"),
        ("expected node content", "a value is missing before this, or a bracket is too much"),
        ("document start", "begin another document with a line '---', or remove the line '...'"),
    ]
}
