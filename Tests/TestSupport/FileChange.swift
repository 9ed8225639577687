import Foundation

/// Waits for what another process does to a file; wakes by inotify.
package enum FileChange {
    /// Waits until the file is there.
    package static func exists(_ path: String) async throws {
        try await wait(for: path) { access(path, F_OK) == 0 }
    }

    /// Waits until there is no such file.
    package static func gone(_ path: String) async throws {
        try await wait(for: path) { access(path, F_OK) != 0 }
    }

    /// Waits until something is so that depends on the file alone.
    ///
    /// - Throws: when it does not come to be so within `seconds`, or cannot be found out.
    package static func wait(
        for path: String, within seconds: Int = 90, until isSo: @escaping @Sendable () throws -> Bool
    ) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(with: Result { try block(path, seconds, isSo) })
            }
        }
    }

    private static func block(_ path: String, _ seconds: Int, _ isSo: () throws -> Bool) throws {
        let inotify = inotify_init1(Int32(IN_CLOEXEC))
        defer { close(inotify) }
        let folder = (path as NSString).deletingLastPathComponent
        inotify_add_watch(inotify, folder, UInt32(IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE))
        let deadline = Date(timeIntervalSinceNow: Double(seconds))
        while try !isSo() {
            let left = deadline.timeIntervalSinceNow
            guard left > 0 else { throw NotSeen("\"\(path)\" did not come to be as expected") }
            var descriptor = pollfd(fd: inotify, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, Int32(min(left, 1) * 1000) + 1) > 0 {
                var events = [UInt8](repeating: 0, count: 4096)
                _ = read(inotify, &events, events.count)
            }
        }
    }
}
