import Daemon
import Glibc
import Logging
import Synchronization

/// Wakes a thread when a file, or the folder that it is in, changes (inotify(7)), or when it is to stop.
final class FileWatcher: Sendable {
    /// Adds a watch; returns 0 or the error's number.
    typealias AddWatch = @Sendable (_ inotify: Int32, _ path: String, _ events: UInt32) -> Int32

    /// Of the folder only what concerns names, its own among them: a busy neighbour of the file must not wake us.
    private static let folderEvents = UInt32(
        IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MOVE_SELF | IN_DELETE_SELF)
    private static let fileEvents = UInt32(IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)

    private struct State {
        /// Whether something may change without waking us.
        var isBlind = false
        /// Why, when it is not just that there is no folder yet.
        var trouble: String?
    }

    private let path: String
    private let folder: String
    private let source: String
    private let logger: Logger
    private let addWatch: AddWatch
    private let state = Mutex(State())
    private let inotify: Int32
    private let stopPipe: (read: Int32, write: Int32)
    private let stopped = Atomic<Bool>(false)

    /// - Throws: when the kernel gives no inotify instance (`fs.inotify.max_user_instances`).
    init(
        path: String, source: String, logger: Logger,
        addWatch: @escaping AddWatch = { inotify_add_watch($0, $1, $2) >= 0 ? 0 : errno }
    ) throws(DaemonError) {
        self.path = path
        self.source = source
        self.logger = logger
        self.addWatch = addWatch
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

    /// Why the file cannot be watched; nil when it is, or is not there yet.
    ///
    /// It is looked at once a second then.
    var trouble: String? { state.withLock { $0.trouble } }

    /// Ends the present and every later ``wait(oldFiles:unsaved:)``.
    func stop() {
        stopped.store(true, ordering: .releasing)
        _ = write(stopPipe.write, "x", 1)
    }

    /// Sleeps until something changes.
    ///
    /// - Parameters:
    ///   - oldFiles: a rotated file, no longer under a watched name, is still read.
    ///   - unsaved: a position has to be saved when nothing else comes.
    func wait(oldFiles: Bool, unsaved: Bool) {
        var descriptors = [
            pollfd(fd: inotify, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopPipe.read, events: Int16(POLLIN), revents: 0),
        ]
        let isBlind = state.withLock { $0.isBlind }
        let timeout: Int32 = isBlind || oldFiles || unsaved ? 1000 : -1
        guard poll(&descriptors, 2, timeout) > 0 else {
            if isBlind { addWatches() }
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
        let folderError = addWatch(inotify, folder, Self.folderEvents)
        let fileError = addWatch(inotify, path, Self.fileEvents)
        // While there is a folder, it says when the file comes. Without one, only looking again helps.
        let isBlind = folderError != 0 || (fileError != 0 && fileError != ENOENT)
        let error = [folderError, fileError].first { $0 != 0 && $0 != ENOENT }
        let trouble = error.map(Self.explain)
        let before = state.withLock { state in
            defer { state = State(isBlind: isBlind, trouble: trouble) }
            return state.trouble
        }
        guard trouble != before else { return }
        if let trouble {
            logger.error(
                "File cannot be watched; it is looked at once a second",
                metadata: .of([.source: source, .file: path, .error: trouble]))
        } else {
            logger.notice("File is watched", metadata: .of([.source: source, .file: path]))
        }
    }

    private static func explain(_ error: Int32) -> String {
        let text = String(cString: strerror(error))
        guard error == ENOSPC else { return text }
        return "\(text): all inotify watches are in use; raise the limit with \"sysctl fs.inotify.max_user_watches=…\""
    }
}
