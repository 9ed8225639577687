import Foundation

/// A folder for one test, removed with the last reference to it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/edr-scripts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
    }

    /// The text of a file; nil when there is none.
    func text(of file: String) -> String? {
        (try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(file)"))).map { String(decoding: $0, as: UTF8.self) }
    }
}
