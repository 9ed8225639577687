import Glibc
import Synchronization

/// Keeps a second process away from the ledger until it is released: `FILE.lock`, locked with `flock(2)`.
///
/// SQLite itself would let both write, and two managers would then send the same orders and overwrite each other's
/// positions. The kernel gives the lock back when the process ends, however it ends. The file stays: were it
/// removed, two processes could hold locks on two files of that name.
final class LedgerLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(ledger: String) throws(LedgerError) {
        let path = ledger + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            throw reason == EWOULDBLOCK
                ? .inUse(path: ledger) : .cannotOpen(path: path, reason: String(cString: strerror(reason)))
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Lets the next one in; doing so again does nothing.
    func release() {
        descriptor.withLock { descriptor in
            // Unlocked by name: a process that is being started at this moment has the descriptor until its exec, and
            // closing ours alone would leave the lock to it.
            if let open = descriptor {
                flock(open, LOCK_UN)
                close(open)
            }
            descriptor = nil
        }
    }
}
