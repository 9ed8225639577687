import Glibc

/// Compares scripts with the sums that their commands are pinned to.
///
/// A file is hashed once, and again when its inode, size or one of its times differs.
struct PinCheck {
    /// So many sums are remembered; after that all are forgotten.
    private static let capacity = 1024
    /// For so many seconds after its last change a file's times may stay the same with another one: a sum from then is
    /// not remembered.
    private static let unsettled = 2

    private var digests: [FileIdentity: FileDigest] = [:]
    /// How many files were hashed.
    private(set) var hashed = 0

    /// Checks a file.
    ///
    /// - Parameter now: in seconds of the wall clock.
    /// - Returns: whether the file is a program that can be executed by its descriptor, not a `#!` script.
    /// - Throws: ``StartFailure/refused(_:)`` with both sums when they differ.
    mutating func check(
        _ file: CheckedFile, is pin: [UInt8], _ executable: String, now: Int
    ) throws(StartFailure) -> Bool {
        let digest = try digest(of: file, executable, now: now)
        guard digest.sum == pin else {
            throw .refused(
                "\"\(executable)\" has the SHA-256 \(FileDigest.text(digest.sum)), and its command is pinned to "
                    + FileDigest.text(pin))
        }
        return !digest.isInterpreted
    }

    private mutating func digest(
        of file: CheckedFile, _ executable: String, now: Int
    ) throws(StartFailure) -> FileDigest {
        let identity = FileIdentity(file.status)
        if let known = digests[identity] { return known }
        // The very file that was checked, whatever its name leads to by now.
        let opened = open("/proc/self/fd/\(file.descriptor)", O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw .refused("\"\(executable)\" cannot be read for its SHA-256: \(String(cString: strerror(errno)))")
        }
        defer { close(opened) }
        hashed += 1
        do throws(FileDigest.Failure) {
            let digest = try FileDigest(of: opened)
            if abs(now - identity.changedAt) > Self.unsettled {
                if digests.count >= Self.capacity { digests = [:] }
                digests[identity] = digest
            }
            return digest
        } catch {
            throw .refused("\"\(executable)\" has no SHA-256: \(error)")
        }
    }
}
