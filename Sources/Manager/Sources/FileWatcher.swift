import Daemon
import Glibc
import Synchronization

/// Wakes a thread when a file, or the folder that it is in, changes (inotify(7)), or when it is to stop.
final class FileWatcher: Sendable {
    /// Of the folder only what concerns names: a busy neighbour of the file must not wake us.
    private static let folderEvents = UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)

    private let path: String
    private let folder: String
    private let inotify: Int32
    private let stopPipe: (read: Int32, write: Int32)
    private let stopped = Atomic<Bool>(false)

    /// - Throws: when the kernel gives no inotify instance (`fs.inotify.max_user_instances`).
    init(path: String) throws(DaemonError) {
        self.path = path
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        folder = slash == path.startIndex ? "/" : String(path[..<slash])
        inotify = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard inotify >= 0 else { throw DaemonError("cannot watch \"\(path)\": inotify", errno: errno) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            let error = errno
            close(inotify)
            throw DaemonError("cannot watch \"\(path)\": pipe", errno: error)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        stopPipe = (ends[0], ends[1])
        addWatches()
    }

    deinit {
        close(inotify)
        close(stopPipe.read)
        close(stopPipe.write)
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// Ends the present and every later ``wait(folderMissing:oldFiles:unsaved:)``.
    func stop() {
        stopped.store(true, ordering: .releasing)
        _ = write(stopPipe.write, "x", 1)
    }

    /// Sleeps until something changes.
    ///
    /// - Parameters:
    ///   - folderMissing: there is no folder to watch yet: look again in a second.
    ///   - oldFiles: a rotated file, no longer under a watched name, is still read.
    ///   - unsaved: a position has to be saved when nothing else comes.
    func wait(folderMissing: Bool, oldFiles: Bool, unsaved: Bool) {
        var descriptors = [
            pollfd(fd: inotify, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopPipe.read, events: Int16(POLLIN), revents: 0),
        ]
        let timeout: Int32 = folderMissing || oldFiles || unsaved ? 1000 : -1
        guard poll(&descriptors, 2, timeout) > 0 else {
            if folderMissing { addWatches() }
            return
        }
        var events = [UInt8](repeating: 0, count: 4096)
        // Once: what is left wakes us again. Reading until nothing is left might never end.
        _ = read(inotify, &events, events.count)
        addWatches()
    }

    /// Adding a watch that is there already changes nothing, so that a file or a folder that was replaced is simply
    /// added again.
    ///
    /// The file has a watch of its own for when it is a link into another folder.
    private func addWatches() {
        _ = inotify_add_watch(inotify, folder, Self.folderEvents)
        _ = inotify_add_watch(inotify, path, UInt32(IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF))
    }
}
