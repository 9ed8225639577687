import ConfigurationTree
import Foundation

/// What was found in a configuration.
struct ConfigurationReport {
    private let kinds: [DaemonKind]
    private let found: [Diagnostics.Diagnostic]

    init(kinds: [DaemonKind], diagnostics: Diagnostics) {
        self.kinds = kinds
        // Two daemons that read the same file say the same about it.
        var seen: Set<String> = []
        let distinct = diagnostics.all.filter { seen.insert($0.description).inserted }
        var files: [String] = []
        for file in distinct.compactMap(\.location?.file) where !files.contains(file) { files.append(file) }
        let places = distinct.enumerated().map { order, diagnostic in
            let file = diagnostic.location.flatMap { files.firstIndex(of: $0.file) } ?? -1
            return (file, diagnostic.location?.line ?? 0, diagnostic.location?.column ?? 0, order)
        }
        found = zip(places, distinct).sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// `FILE:LINE:COLUMN: warning: …`, file by file, in the order of the places.
    var lines: [String] { found.map(\.description) }

    /// One line for people.
    func summary(of place: String) -> String {
        let counts = [(Diagnostics.Severity.error, "error"), (.warning, "warning"), (.notice, "notice")]
            .compactMap { severity, word -> String? in
                let count = found.count { $0.severity == severity }
                return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
            }
        let owner = kinds.map(\.rawValue).joined(separator: " and ")
        let result = counts.isEmpty ? "nothing to complain about" : counts.joined(separator: ", ")
        return Terminal.safe("\(place) (\(owner)): \(result)")
    }

    private struct Document: Encodable {
        struct Entry: Encodable {
            let severity: String
            let file: String?
            let line: Int?
            let column: Int?
            /// The peers' number of the message.
            let number: Int?
            let message: String

            /// What is not known is null, so that every entry has the same keys.
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(severity, forKey: .severity)
                try container.encode(file, forKey: .file)
                try container.encode(line, forKey: .line)
                try container.encode(column, forKey: .column)
                try container.encode(number, forKey: .number)
                try container.encode(message, forKey: .message)
            }

            private enum CodingKeys: CodingKey {
                case severity, file, line, column, number, message
            }
        }

        let valid: Bool
        let daemons: [String]
        let diagnostics: [Entry]
    }

    /// One document for programs.
    func json() throws(ControlError) -> String {
        let entries = found.map { diagnostic in
            Document.Entry(
                severity: diagnostic.severity.rawValue, file: diagnostic.location?.file,
                line: diagnostic.location?.line, column: diagnostic.location?.column,
                number: diagnostic.peersNumber, message: diagnostic.message)
        }
        let document = Document(
            valid: !found.contains { $0.severity == .error }, daemons: kinds.map(\.rawValue), diagnostics: entries)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(document), as: UTF8.self)
        } catch {
            throw .failed("the result cannot be written as JSON: \(error)")
        }
    }
}
