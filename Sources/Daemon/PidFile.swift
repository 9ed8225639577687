import Glibc

/// `run/NAME.pid`, locked for as long as the daemon lives: two daemons in one home would tear each other's
/// state apart, so the second one refuses to start.
package final class PidFile: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock and writes the process id.
    ///
    /// - Throws: when another process holds the lock, with its id in the message.
    package init(path: String) throws(DaemonError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DaemonError("cannot open the pid file \"\(path)\"", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(descriptor, &buffer, buffer.count)
            close(descriptor)
            let owner = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber)
            throw DaemonError("another daemon (process \(owner)) already runs in this home; \"\(path)\" is locked")
        }
        let text = "\(getpid())\n"
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.utf8.count, 0)
        self.path = path
        self.descriptor = descriptor
    }

    /// Removes the file and gives up the lock.
    package func remove() {
        unlink(path)
        // Unlocked by name: a process that is being started at this moment has the descriptor until its exec.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
