import Alerts
import Glibc

/// One open file that alerts are read from, with how far it has been read.
final class FollowedFile {
    let descriptor: Int32
    let inode: UInt64
    private(set) var splitter: LineSplitter
    private var readOffset: Int64
    /// The last bytes that were read, and those of them that belong to complete lines: what has to be found again
    /// there, or the file was cut and filled anew.
    private var lastBytes: [UInt8] = []
    private var tail: [UInt8] = []

    /// Why a file cannot be read.
    struct Failure: Error, Equatable {
        /// Whether there simply is none.
        let isMissing: Bool
        let reason: String

        /// - Parameter number: as of `errno`.
        init(errno number: Int32) {
            isMissing = number == ENOENT
            reason = String(cString: strerror(number))
        }

        init(reason: String) {
            isMissing = false
            self.reason = reason
        }
    }

    /// Opens a file for reading.
    static func open(_ path: String) throws(Failure) -> FollowedFile {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure(reason: "it is not a regular file")
        }
        return FollowedFile(descriptor: descriptor, inode: UInt64(status.st_ino))
    }

    private init(descriptor: Int32, inode: UInt64) {
        self.descriptor = descriptor
        self.inode = inode
        self.splitter = LineSplitter(offset: 0)
        self.readOffset = 0
    }

    deinit {
        close(descriptor)
    }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// When it was last written, in nanoseconds since 1970.
    var modified: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.modified : 0
    }

    /// Up to where complete lines have been handed out.
    var position: FilePosition {
        FilePosition(inode: inode, offset: splitter.completeOffset, tail: tail)
    }

    func seek(to offset: Int64) {
        tail = FilePosition.tail(descriptor: descriptor, offset: offset) ?? []
        lastBytes = tail
        readOffset = offset
        splitter = LineSplitter(offset: offset)
    }

    /// Seeks to the end, or rather to the start of the last line when that is still being written, so that it
    /// is read once it is whole.
    func seekToEnd() {
        var offset = size
        var buffer = [UInt8](repeating: 0, count: 4096)
        while offset > 0 {
            let start = max(0, offset - Int64(buffer.count))
            let count = pread(descriptor, &buffer, Int(offset - start), off_t(start))
            guard count > 0 else { break }
            if let newline = buffer[..<count].lastIndex(of: UInt8(ascii: "\n")) {
                seek(to: start + Int64(newline) + 1)
                return
            }
            offset = start
        }
        seek(to: 0)
    }

    /// What an attempt to read came to.
    enum Reading {
        case read
        /// There is no more yet.
        case end
        /// Somebody cut the file (`copytruncate`, `> alerts.json`), and perhaps filled it anew beyond what had been
        /// read: the bytes that were read last are not there any more.
        case rewritten
    }

    /// Reads the next piece.
    ///
    /// The last bytes are read again along with it: only so is the comparison about the very file that is read.
    func read(into buffer: UnsafeMutableRawBufferPointer, body: (LineSplitter.Line, Int64) -> Void) -> Reading {
        let known = lastBytes.count
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(readOffset) - off_t(known))
        guard count >= known, buffer[..<known].elementsEqual(lastBytes) else { return count < 0 ? .end : .rewritten }
        guard count > known else { return .end }
        let piece = UnsafeRawBufferPointer(rebasing: buffer[known..<count])
        readOffset += Int64(piece.count)
        splitter.append(piece, body: body)
        let all = buffer[..<count]
        if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) {
            tail = Array(all[...(known + newline)].suffix(FilePosition.fingerprintLength))
        }
        lastBytes = Array(all.suffix(FilePosition.fingerprintLength))
        return .read
    }
}

extension stat {
    /// When the file was last written, in nanoseconds since 1970.
    var modified: Int64 { Int64(st_mtim.tv_sec) * 1_000_000_000 + Int64(st_mtim.tv_nsec) }
}
