import ActiveResponse
import Daemon
import Foundation
import Glibc

/// What stands for a stop which the ledger could not take: a symbolic link that points nowhere and whose text says when it was
/// ordered, by whom and why, each in a line.
///
/// File systems keep a short link's text in its inode, so that it needs no room on a full disk.
struct StopMark: Sendable {
    let path: String

    /// What ext4 keeps of a link without a block of the disk, in bytes.
    private static let shortest = 59

    /// Leaves the mark, for good; one that is there stays.
    ///
    /// Where there is no room for the whole text it says who ordered the stop and not why; where there are no links it is an
    /// empty file.
    ///
    /// - Returns: false when all of that is impossible.
    func leave(_ stop: Stop) -> Bool {
        guard link("\(stop.at)\n\(stop.by)\n\(stop.reason)") || link(Self.shortened(stop)) || makeFile() else {
            return false
        }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }

    func remove() { unlink(path) }

    /// The stop that it stands for; nil when there is none.
    var stop: Stop? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, let at = Int64(lines[0]) else {
            return Stop(
                at: Int64(status.st_mtim.tv_sec) * 1000, by: "unknown",
                reason: "it was ordered while the ledger could not be written")
        }
        return Stop(at: at, by: String(lines[1]), reason: String(lines[2]))
    }

    private var text: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func link(_ text: String) -> Bool {
        symlink(text, path) == 0 || errno == EEXIST
    }

    private func makeFile() -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }

    /// Without the reason, and with the end of the author: that is who it was by the system, what is before it he said himself.
    private static func shortened(_ stop: Stop) -> String {
        let (start, end) = ("\(stop.at)\n", "\n")
        var author = stop.by.unicodeScalars[...]
        while start.utf8.count + String(author).utf8.count + end.utf8.count > shortest, !author.isEmpty {
            author.removeFirst()
        }
        return start + String(author) + end
    }
}
