import ActiveResponse
import Daemon
import Foundation
import Glibc

/// An empty file that stands for a stop which the ledger could not take: it needs no room on a full disk.
struct StopMark: Sendable {
    let path: String

    /// Leaves the mark, for good.
    ///
    /// - Returns: false when that is impossible.
    func leave() -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(descriptor) == 0 && fsync(folder) == 0
    }

    func remove() { unlink(path) }

    /// The stop that it stands for; nil when there is none.
    var stop: Stop? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stop(
            at: Int64(status.st_mtim.tv_sec) * 1000, by: "unknown",
            reason: "it was ordered while the ledger could not be written")
    }
}
