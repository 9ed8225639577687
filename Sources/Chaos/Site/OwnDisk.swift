import Foundation
import TestSupport

/// A small file system in memory for one home, in a mount namespace of its own.
enum OwnDisk {
    private static let size = "384m"

    static func mount(_ path: String) throws {
        let result = try ShellCommand.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=\(size),mode=755", "edr-chaos", path])
        guard result.status == 0 else { throw NotSeen("cannot mount a file system: \(result.errors)") }
    }

    static func unmount(_ path: String) {
        _ = try? ShellCommand.run("/bin/umount", [path])
    }

    /// Leaves not one byte free.
    ///
    /// - Returns: the file that takes the space.
    static func fill(_ home: String) throws -> String {
        let path = home + "/filler"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NotSeen("cannot fill the disk: \(errno)") }
        defer { close(descriptor) }
        for size in [1 << 20, 4096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(descriptor, block, size) == size {}
        }
        return path
    }
}
