/// Rows under a line of headings, every column as wide as its longest value.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    /// Adds a row; `nil` and the empty text are shown as `-`, so that no column looks shifted.
    mutating func add(_ values: [String?]) {
        rows.append(values.map { value in value.flatMap { $0.isEmpty ? nil : Terminal.safe($0) } ?? "-" })
    }

    /// The lines, without blanks at their ends.
    var text: String {
        let lines = [headings] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return Self.withoutTrailingBlanks(padded.joined(separator: "  "))
        }.joined(separator: "\n")
    }

    private static func withoutTrailingBlanks(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
