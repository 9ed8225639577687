import Glibc

/// What a file must have kept to have the same bytes as before.
struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]
    private let changed: [Int]
    /// When it was changed last, in seconds of the wall clock.
    let changedAt: Int

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        changedAt = status.st_ctim.tv_sec
    }
}

/// The SHA-256 of a file.
package struct FileDigest: Sendable, Equatable {
    /// Larger files are not hashed: nothing else happens on the caller's thread meanwhile.
    package static let largestFile = 64 << 20

    /// 32 bytes.
    package let sum: [UInt8]
    /// Whether the file begins with `#!`.
    package let isInterpreted: Bool

    /// Why there is no digest.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Hashes the file behind a descriptor that is open for reading, from its beginning.
    ///
    /// - Throws: when it is too large, cannot be read, or is changed meanwhile.
    package init(of file: Int32) throws(Failure) {
        let before = try Self.status(file)
        guard before.st_size <= Self.largestFile else { throw Failure(description: "it is larger than 64 MiB") }
        var hash = SHA256()
        var isInterpreted = false
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var offset = 0
        while offset <= Self.largestFile {
            let count = pread(file, &buffer, buffer.count, off_t(offset))
            guard count >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
            guard count > 0 else { break }
            if offset == 0 { isInterpreted = buffer[..<count].starts(with: "#!".utf8) }
            hash.update(Array(buffer[..<count]))
            offset += count
        }
        guard FileIdentity(before) == FileIdentity(try Self.status(file)) else {
            throw Failure(description: "it was changed while it was read")
        }
        sum = hash.finish()
        self.isInterpreted = isInterpreted
    }

    private static func status(_ file: Int32) throws(Failure) -> stat {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Failure(description: String(cString: strerror(errno))) }
        return status
    }

    /// A sum as `sha256sum` prints it.
    package static func text(_ sum: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: sum.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
