import Foundation
import Glibc

/// Where a verb prints.
package struct Console: Sendable {
    private let output: @Sendable (String) -> Void
    private let errors: @Sendable (String) -> Void

    /// Standard output and standard error.
    package static let standard = Console(
        output: { write($0, to: STDOUT_FILENO) }, errors: { write($0, to: STDERR_FILENO) })

    /// Writes all of a text, as far as somebody reads it: a pager that was left is no error.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || descriptor == STDERR_FILENO {
                return
            } else if errno != EINTR {
                let reason = String(cString: strerror(errno))
                write("edr-control: the result cannot be written: \(reason)\n", to: STDERR_FILENO)
                exit(1)
            }
        }
    }

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
