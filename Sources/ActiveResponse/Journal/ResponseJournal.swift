import CSpawn
import Glibc
import Synchronization

/// The file in which the response table and the events for the manager survive every kind of stop.
///
/// One thread appends, another one syncs (``synchronize()``), so that no script waits for a disk. When most of the
/// file is outdated it is written anew beside the old one: from then on records go to both, until the syncing
/// thread has the new one safe on disk and puts it in the old one's place.
package final class ResponseJournal: Sendable {
    private struct Successor {
        let descriptor: Int32
        /// A record could not be written to it, so it must not take the place.
        var isBroken = false
    }

    private struct Files {
        var current: Int32
        /// The file that shall take the place of the current one.
        ///
        /// Only ``synchronize()`` ends this state.
        var successor: Successor?
        var size: Int
        /// The size after the last rewriting.
        var baseSize: Int
        /// Why records may be missing on disk; nil when all is well.
        ///
        /// Only a successful rewriting mends it.
        var failure: String?
        /// Up to here the disk has given the current file its place.
        var reserved = 0
    }

    /// A smaller file is not worth rewriting, in bytes.
    private static let smallest = 4 << 20
    /// The place that is asked of the disk at a time, in bytes.
    private static let reservation = 256 << 10
    /// So much has to be free beyond the file's own size before it is written anew on a disk that was full, in bytes.
    private static let roomToSpare: UInt64 = 16 << 10

    private let path: String
    private let lock: Int32
    private let files: Mutex<Files>
    /// Held while either file is synced, exchanged or closed.
    private let syncing = Mutex<Void>(())

    /// What opening found.
    package struct Opened: Sendable {
        package let journal: ResponseJournal
        package let records: [JournalRecord]
        /// Bytes that were no whole records: a torn end after a crash, or damage.
        package let damagedBytes: Int
        /// Whole records that this version does not understand.
        package let unknownRecords: Int
    }

    private init(path: String, lock: Int32, current: Int32, size: Int) {
        self.path = path
        self.lock = lock
        files = Mutex(Files(current: current, successor: nil, size: size, baseSize: size, failure: nil))
    }

    deinit { closeFiles() }

    /// Closes the files and lets another process have the journal.
    ///
    /// Nothing may be appended or synced after that.
    package func closeFiles() {
        files.withLock { files in
            guard files.current >= 0 else { return }
            close(files.current)
            files.current = -1
            if let successor = files.successor { close(successor.descriptor) }
            files.successor = nil
            close(lock)
        }
    }

    /// Opens the journal, or makes an empty one (0600), and reads what is in it.
    ///
    /// Damage is not an error: whole records are returned, the rest is counted. The caller then rewrites the file
    /// (``rewrite(_:)``), which cuts the damage out.
    ///
    /// - Throws: when the file cannot be opened or read, or another process has it open.
    package static func open(_ path: String) throws(ResponseError) -> Opened {
        let lock = Glibc.open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw ResponseError("cannot open \"\(path).lock\"", errno: errno) }
        guard takeLock(lock) else {
            let error = ResponseError(
                "cannot lock \"\(path).lock\": is another daemon running in this home?", errno: errno)
            close(lock)
            throw error
        }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = ResponseError("cannot open the journal \"\(path)\"", errno: errno)
            close(lock)
            throw error
        }
        let bytes: [UInt8]
        do throws(ResponseError) {
            bytes = try read(descriptor, path)
        } catch {
            close(lock)
            close(descriptor)
            throw error
        }
        let content = JournalScanner.scan(bytes)
        var records: [JournalRecord] = []
        var unknown = 0
        for payload in content.payloads {
            let batch = JournalBatch.records(of: payload)
            records += batch.known
            unknown += batch.unknown
        }
        return Opened(
            journal: ResponseJournal(path: path, lock: lock, current: descriptor, size: bytes.count),
            records: records, damagedBytes: content.damaged.reduce(0) { $0 + $1.count }, unknownRecords: unknown)
    }

    /// A daemon that has just ended may have left a child behind that is about to become a script and holds the lock
    /// until then: this is waited for, for half a second at most.
    private static func takeLock(_ lock: Int32) -> Bool {
        for _ in 0..<50 {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            usleep(10_000)
        }
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(ResponseError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes.append(contentsOf: buffer[..<count])
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                throw ResponseError("cannot read the journal \"\(path)\"", errno: errno)
            }
        }
    }

    /// Why records may be missing on disk; nil when all is well.
    package var failure: String? { files.withLock { $0.failure } }

    /// Whether most of the file is outdated by now.
    ///
    /// - Parameter isPlaceWanted: whether a little place is worth the work too.
    package func isWorthRewriting(isPlaceWanted: Bool = false) -> Bool {
        let smallest = isPlaceWanted ? Self.reservation : Self.smallest
        return files.withLock { $0.successor == nil && $0.size > max(smallest, 3 * $0.baseSize) }
    }

    /// Has the disk set place aside for what is appended next, so that it cannot be full when that comes.
    ///
    /// A file system that cannot do that is taken at its word when it is written to.
    ///
    /// - Parameter bytes: how much will come.
    /// - Returns: false when there is no such place, or records may be missing already.
    package func reserve(_ bytes: Int) -> Bool {
        files.withLock { files in
            guard files.failure == nil else { return false }
            let end = files.size + bytes
            if end <= files.reserved { return true }
            for end in [end + Self.reservation, end] {
                if edr_reserve(files.current, Int64(files.size), Int64(end - files.size)) == 0 {
                    files.reserved = end
                    return true
                }
                guard errno == ENOSPC || errno == EDQUOT || errno == EINTR else { return true }
            }
            return false
        }
    }

    /// Writes records, already in the file's form, at the end.
    ///
    /// When they do not fit they leave no trace in the file, and ``failure`` says why.
    ///
    /// - Returns: whether they are in the file, though perhaps not on disk before the next ``synchronize()``.
    package func append(_ bytes: [UInt8]) -> Bool {
        files.withLock { files in
            if let successor = files.successor, !successor.isBroken,
                !Self.writeAll(bytes, to: successor.descriptor)
            {
                files.successor?.isBroken = true
            }
            guard Self.writeAll(bytes, to: files.current) else {
                files.failure = String(cString: strerror(errno))
                // A torn record in the middle would be skipped by the next reading, but why leave it.
                ftruncate(files.current, off_t(files.size))
                return false
            }
            files.size += bytes.count
            return true
        }
    }

    /// Begins to replace the file by one that holds only these records.
    ///
    /// - Returns: whether that was possible; on a full disk it is not, nor while another rewriting is under way.
    package func rewrite(_ records: [JournalRecord]) -> Bool {
        var bytes: [UInt8] = []
        for record in records { JournalScanner.append(record.encoded(), to: &bytes) }
        return files.withLock { files in
            guard files.successor == nil else { return false }
            unlink(path + ".new")
            let descriptor = Glibc.open(path + ".new", O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return false }
            guard Self.writeAll(bytes, to: descriptor) else {
                close(descriptor)
                unlink(path + ".new")
                return false
            }
            files.successor = Successor(descriptor: descriptor)
            return true
        }
    }

    /// Whether the disk has room to write the file anew; asks the system and writes nothing.
    package var hasRoom: Bool {
        files.withLock { files in
            var status = statvfs()
            guard fstatvfs(files.current, &status) == 0 else { return false }
            return UInt64(status.f_bfree) * UInt64(status.f_frsize) > UInt64(files.size) + Self.roomToSpare
        }
    }

    /// Waits until everything that was appended before is on disk.
    ///
    /// - Returns: false when it is not; ``failure`` says why.
    package func synchronize() -> Bool {
        syncing.withLock { _ in synchronizeAlone() }
    }

    private func synchronizeAlone() -> Bool {
        // Files are closed only here, so the descriptors stay valid without their lock.
        let (current, successor) = files.withLock { ($0.current, $0.successor) }
        if let successor {
            if !successor.isBroken, fsync(successor.descriptor) == 0, rename(path + ".new", path) == 0 {
                let isPlaceSafe = FolderSync.sync(folderOf: path)
                return files.withLock { files in
                    adopt(successor.descriptor, &files, isSafe: isPlaceSafe)
                    return files.failure == nil
                }
            }
            files.withLock { files in
                close(successor.descriptor)
                files.successor = nil
            }
            unlink(path + ".new")
        }
        if fdatasync(current) == 0 { return true }
        let error = errno
        files.withLock { $0.failure = String(cString: strerror(error)) }
        return false
    }

    /// The successor is the file now.
    ///
    /// Records that came after it was synced are in it, but may not be on disk: they are not counted as synced either
    /// before the next time.
    private func adopt(_ successor: Int32, _ files: inout Files, isSafe: Bool) {
        var status = stat()
        fstat(successor, &status)
        close(files.current)
        // Broken since it was looked at: what could not be written to it is in no file any more.
        let isWhole = isSafe && files.successor?.isBroken == false
        files = Files(
            current: successor, successor: nil, size: Int(status.st_size), baseSize: Int(status.st_size),
            failure: isWhole ? nil : "the rewritten file is not safe on disk")
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
