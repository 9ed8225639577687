/// A place in a configuration file, as every error of ours names it.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// The file's path as it was given.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column in characters (Unicode scalars, a tab is one), from 1: what editors and libyaml count.
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// The first character of `file`: for what concerns the file as a whole.
    package static func start(of file: String) -> SourceLocation {
        SourceLocation(file: file, line: 1, column: 1)
    }

    /// `FILE:LINE:COLUMN`.
    package var description: String { "\(file):\(line):\(column)" }
}
