import Foundation

/// The files of this repository, for tests that check the tree itself.
package enum Repository {
    /// The folder of `Package.swift`.
    package static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The paths, relative to the repository, of all files below a folder whose names end in `suffix`.
    package static func files(below folder: String, suffix: String = "") -> [String] {
        let root = path + "/" + folder
        guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.sorted().map { folder + "/" + $0 }
    }

    package static func text(of file: String) throws -> String {
        try String(contentsOfFile: path + "/" + file, encoding: .utf8)
    }
}
