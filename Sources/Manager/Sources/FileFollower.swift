import Alerts
import Daemon
import Glibc
import Logging
import ManagerSettings

/// The file behind a path, through rotation and truncation.
///
/// After a rotation the old file is read on for a while: its writer may not have noticed yet.
struct FileFollower {
    /// How long a rotated file is read on after it has been replaced.
    private static let oldFileLinger: Int64 = 30_000

    private let path: String
    private let source: String
    private let logger: Logger
    private let buffer: UnsafeMutableRawBufferPointer
    private let storage: BufferStorage
    private var current: FollowedFile?
    private var old: [(file: FollowedFile, since: Int64)] = []
    private var last = FilePosition.beforeFirstFile
    /// Why the file under the path cannot be read; nil when it can, or is not there.
    private(set) var trouble: String?

    init(path: String, start: FileSource.Start, saved: FilePosition?, source: String, logger: Logger) {
        self.path = path
        self.source = source
        self.logger = logger
        self.storage = BufferStorage(count: 1 << 18)
        self.buffer = storage.bytes
        if let saved {
            resume(at: saved)
        } else if let file = open() {
            if start == .end { file.seekToEnd() }
            current = file
        }
    }

    private mutating func resume(at saved: FilePosition) {
        last = saved
        let file = open()
        if let file, saved.matches(descriptor: file.descriptor, inode: file.inode, size: file.size) {
            file.seek(to: saved.offset)
        } else if saved != .beforeFirstFile {
            if let rotated = RotatedFileSearch.find(saved, below: folder) {
                rotated.seek(to: saved.offset)
                old.append((rotated, Timestamp.now()))
                readBetween(rotated, and: file)
                logger.info(
                    "File was rotated while the manager was stopped; its rest is read first",
                    metadata: .of([.source: source, .file: path, .offset: saved.offset]))
            } else {
                logger.warning(
                    "File that was followed is gone or was rewritten; reading the present one from its beginning",
                    metadata: .of([.source: source, .file: path, .offset: saved.offset]))
            }
        }
        current = file
    }

    /// Opens the file under the path and says when it cannot be read, once for each reason.
    private mutating func open() -> FollowedFile? {
        do throws(FollowedFile.Failure) {
            let file = try FollowedFile.open(path)
            note(nil)
            return file
        } catch {
            note(error)
            return nil
        }
    }

    private mutating func note(_ failure: FollowedFile.Failure?) {
        let reason = failure.flatMap { $0.isMissing ? nil : $0.reason }
        guard reason != trouble else { return }
        trouble = reason
        if let reason {
            logger.error(
                "File cannot be read", metadata: .of([.source: source, .file: path, .error: reason]))
        } else if failure == nil {
            logger.notice("File can be read again", metadata: .of([.source: source, .file: path]))
        }
    }

    /// Queues what was rotated away after one file and before another: several rotations may have come between two
    /// looks.
    private mutating func readBetween(_ older: FollowedFile, and newer: FollowedFile?) {
        for rotation in RotatedFileSearch.between(older, and: newer, of: path) {
            guard let file = rotation.file else {
                logger.warning(
                    "Rotated file cannot be read any more; its alerts are skipped",
                    metadata: .of([.source: source, .file: rotation.path, .reason: rotation.reason]))
                continue
            }
            guard !old.contains(where: { $0.file.inode == file.inode }) else { continue }
            old.append((file, Timestamp.now()))
            logger.info(
                "File was rotated before it could be read; it is read now",
                metadata: .of([.source: source, .file: rotation.path]))
        }
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    var isDrainingOldFiles: Bool { !old.isEmpty }

    /// Where to read on after a restart: in the oldest file that is not yet finished.
    var position: FilePosition {
        if let pending = old.first(where: { $0.file.splitter.completeOffset < $0.file.size }) {
            return pending.file.position
        }
        return current?.position ?? last
    }

    /// Reads the next piece of the oldest file that has one.
    ///
    /// - Returns: whether there may be more.
    mutating func readNext(_ body: (LineSplitter.Line, Int64) -> Void) -> Bool {
        noticeRotation()
        for entry in old {
            if case .read = entry.file.read(into: buffer, body: body) { return true }
        }
        let now = Timestamp.now()
        old.removeAll { now - $0.since >= Self.oldFileLinger || now < $0.since }
        guard let current else { return false }
        switch current.read(into: buffer, body: body) {
        case .read: return true
        case .end: return false
        case .rewritten:
            logger.notice(
                "File was truncated; reading it from its beginning",
                metadata: .of([.source: source, .file: path, .offset: current.position.offset]))
            current.seek(to: 0)
            if case .read = current.read(into: buffer, body: body) { return true }
            return false
        }
    }

    private mutating func noticeRotation() {
        var status = stat()
        guard stat(path, &status) == 0 else { return note(FollowedFile.Failure(errno: errno)) }
        if let current, current.inode == UInt64(status.st_ino) { return note(nil) }
        guard let opened = open() else { return }
        if let current {
            last = current.position
            old.append((current, Timestamp.now()))
            readBetween(current, and: opened)
        }
        logger.info("File is followed", metadata: .of([.source: source, .file: path]))
        current = opened
    }
}

/// The read buffer, freed with its owner.
private final class BufferStorage {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        bytes = .allocate(byteCount: count, alignment: 64)
    }

    deinit {
        bytes.deallocate()
    }
}
