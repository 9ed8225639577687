/// Collects what is wrong with a configuration, so that all of it is reported in one go.
package final class Diagnostics {
    package enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error
        /// It can be used, but probably does not do what its author meant.
        case warning
        /// Something was left out on purpose, such as a section of Wazuh's that is not ours.
        case notice
    }

    package struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
        package let severity: Severity
        package let location: SourceLocation?
        package let message: String

        /// The number under which the peers have this message, such as 1303; nil when they have none.
        package var peersNumber: Int? {
            let digits = message.utf8.dropFirst().prefix(4)
            guard message.hasPrefix("("), message.dropFirst(5).hasPrefix("): ") else { return nil }
            return decimal(String(decoding: digits, as: UTF8.self))
        }

        /// The one line `FILE:LINE:COLUMN: error: MESSAGE`.
        ///
        /// Control characters, which may come from the file, are escaped, so that no file can fake a line of ours or
        /// drive the terminal.
        package var description: String {
            escapingControls(
                location.map { "\($0): \(severity.rawValue): \(message)" } ?? "\(severity.rawValue): \(message)")
        }
    }

    /// More than this is no help to anybody; a damaged file could otherwise fill the memory.
    package static let limit = 200

    /// What was reported, in the order of discovery, at most ``limit`` and one line that says so.
    package private(set) var all: [Diagnostic] = []
    package private(set) var hasErrors = false

    package init() {}

    package func error(_ message: String, at location: SourceLocation?) {
        hasErrors = true
        add(.error, message, location)
    }

    package func warning(_ message: String, at location: SourceLocation?) {
        add(.warning, message, location)
    }

    package func notice(_ message: String, at location: SourceLocation?) {
        add(.notice, message, location)
    }

    private func add(_ severity: Severity, _ message: String, _ location: SourceLocation?) {
        guard all.count < Self.limit else {
            if all.count == Self.limit {
                hasErrors = true
                all.append(
                    Diagnostic(
                        severity: .error, location: location,
                        message: "there is more to report than these \(Self.limit) lines: correct them first"))
            }
            return
        }
        all.append(Diagnostic(severity: severity, location: location, message: message))
    }
}

/// The text in quotes for a message, cut when it is long.
package func quoted(_ text: String) -> String {
    let limit = 80
    guard text.utf8.count > limit else { return "'\(text)'" }
    return "'\(text.prefix(limit))…'"
}

private func escapingControls(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // The C0 and C1 controls, the two Unicode line breaks, and the marks that reorder displayed text.
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if isControl(scalar) {
            result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
        } else {
            result.append(scalar)
        }
    }
    return String(result)
}
