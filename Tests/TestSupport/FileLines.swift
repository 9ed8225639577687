import Foundation

/// Waits for lines of a file that another process writes; wakes by inotify.
package enum FileLines {
    /// The first line that holds all of these texts.
    ///
    /// - Throws: when it does not come within `seconds`, with what the file holds.
    @discardableResult
    package static func first(
        in path: String, containing parts: String..., within seconds: Int = 90
    ) async throws -> String {
        let lines = try await wait(for: path, within: seconds) { lines in
            lines.contains { line in parts.allSatisfy(line.contains) }
        }
        return lines.first { line in parts.allSatisfy(line.contains) } ?? ""
    }

    /// The lines of the file, once `count` of them hold `part`.
    @discardableResult
    package static func count(
        _ count: Int, in path: String, containing part: String, within seconds: Int = 90
    ) async throws -> [String] {
        try await wait(for: path, within: seconds) { lines in lines.count { $0.contains(part) } >= count }
    }

    /// The complete lines that the file holds now; none when there is no file.
    package static func now(_ path: String) -> [String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    private static func wait(
        for path: String, within seconds: Int, until isDone: @escaping @Sendable ([String]) -> Bool
    ) async throws -> [String] {
        do {
            try await FileChange.wait(for: path, within: seconds) { isDone(now(path)) }
        } catch is NotSeen {
            throw NotSeen(
                "\"\(path)\" did not come to hold what was expected; it holds:\n" + now(path).joined(separator: "\n"))
        }
        return now(path)
    }
}
