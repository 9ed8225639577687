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
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try block(path, seconds, isDone) })
            }
        }
    }

    private static func block(_ path: String, _ seconds: Int, _ isDone: ([String]) -> Bool) throws -> [String] {
        let inotify = inotify_init1(Int32(IN_CLOEXEC))
        defer { close(inotify) }
        let folder = (path as NSString).deletingLastPathComponent
        inotify_add_watch(inotify, folder, UInt32(IN_CREATE | IN_MODIFY | IN_MOVED_TO))
        let deadline = Date(timeIntervalSinceNow: Double(seconds))
        while true {
            let lines = now(path)
            if isDone(lines) { return lines }
            let left = deadline.timeIntervalSinceNow
            guard left > 0 else {
                throw NotSeen(
                    "\"\(path)\" did not come to hold what was expected; it holds:\n" + lines.joined(separator: "\n"))
            }
            var descriptor = pollfd(fd: inotify, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, Int32(min(left, 1) * 1000) + 1) > 0 {
                var events = [UInt8](repeating: 0, count: 4096)
                _ = read(inotify, &events, events.count)
            }
        }
    }
}
