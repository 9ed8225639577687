import Foundation
import Logging
import Synchronization
import Testing

@testable import Manager

@Suite final class `Watching a file` {
    private let folder: String
    private let path: String

    init() throws {
        folder = NSTemporaryDirectory() + "edr-watch-\(UUID().uuidString)"
        path = folder + "/alerts/alerts.json"
        try FileManager.default.createDirectory(atPath: folder + "/alerts", withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Whether the watcher wakes in time.
    private func wakes(_ watcher: FileWatcher, within seconds: Double = 20) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                watcher.wait(oldFiles: false, unsaved: false)
                continuation.resume(returning: !watcher.isStopped)
            }
            Thread.detachNewThread {
                // Turns an endless wait into a failure.
                Thread.sleep(forTimeInterval: seconds)
                watcher.stop()
            }
        }
    }

    @Test func `a watch that cannot be had is told once, and looked for again each second`() async throws {
        let isFull = Mutex(true)
        let messages = Mutex<[String]>([])
        let watcher = try FileWatcher(
            path: path, source: "test",
            logger: Logger(label: "test") { _ in
                ListeningLogHandler { message in messages.withLock { $0.append(message) } }
            },
            addWatch: { inotify, path, events in
                if isFull.withLock({ $0 }) { return ENOSPC }
                return inotify_add_watch(inotify, path, events) >= 0 ? 0 : errno
            })
        #expect(watcher.trouble?.contains("fs.inotify.max_user_watches") == true)
        #expect(await wakes(watcher))
        #expect(messages.withLock { $0 } == ["File cannot be watched; it is looked at once a second"])
        isFull.withLock { $0 = false }
        #expect(await wakes(watcher))
        #expect(messages.withLock { $0.last } == "File is watched")
        #expect(watcher.trouble == nil)
    }

    @Test func `a folder that is moved away and made anew is watched again`() async throws {
        try write("")
        let watcher = try FileWatcher(path: path, source: "test", logger: .quiet)
        rename(folder + "/alerts", folder + "/x")
        try FileManager.default.createDirectory(atPath: folder + "/alerts", withIntermediateDirectories: true)
        #expect(await wakes(watcher))
        try write("1\n")
        #expect(await wakes(watcher))
    }

    @Test func `a busy neighbour does not wake it`() async throws {
        try write("")
        try Data().write(to: URL(filePath: folder + "/alerts/neighbour"))
        let watcher = try FileWatcher(path: path, source: "test", logger: .quiet)
        let neighbour = try #require(FileHandle(forWritingAtPath: folder + "/alerts/neighbour"))
        for _ in 1...1000 { neighbour.write(Data("busy\n".utf8)) }
        try neighbour.close()
        #expect(await !wakes(watcher, within: 2))
    }
}
