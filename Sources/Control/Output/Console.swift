import Foundation

/// Where a verb prints.
package struct Console: Sendable {
    private let output: @Sendable (String) -> Void
    private let errors: @Sendable (String) -> Void

    /// Standard output and standard error.
    package static let standard = Console(
        output: { FileHandle.standardOutput.write(Data($0.utf8)) },
        errors: { FileHandle.standardError.write(Data($0.utf8)) })

    /// - Parameters:
    ///   - output: takes the result, whole lines.
    ///   - errors: takes everything else, whole lines.
    package init(output: @escaping @Sendable (String) -> Void, errors: @escaping @Sendable (String) -> Void) {
        self.output = output
        self.errors = errors
    }

    func print(_ text: String) {
        output(text.hasSuffix("\n") ? text : text + "\n")
    }

    func error(_ text: String) {
        errors(text.hasSuffix("\n") ? text : text + "\n")
    }

    /// Says what went wrong, with the program's name.
    func complain(_ text: String) {
        error("edr-control: " + text)
    }
}
