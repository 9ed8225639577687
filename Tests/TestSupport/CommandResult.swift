/// How a program that ran to its end ended.
package struct CommandResult: Sendable {
    /// The exit status, or 128 + the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String

    package init(status: Int32, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }
}
