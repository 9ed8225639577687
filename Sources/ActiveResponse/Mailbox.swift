import CSpawn
import Glibc
import Synchronization

/// Commands for a thread that waits in epoll, or in a read of the bell.
final class Mailbox<Command: Sendable>: Sendable {
    /// An eventfd that rings when there are commands.
    let bell: Int32
    private let commands = Mutex<[Command]>([])

    init() throws(ResponseError) {
        bell = edr_eventfd()
        guard bell >= 0 else { throw ResponseError("cannot make an eventfd", errno: errno) }
    }

    deinit { close(bell) }

    /// Adds a command and rings.
    func send(_ command: Command) {
        commands.withLock { $0.append(command) }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    /// Takes all commands, in their order.
    func take() -> [Command] {
        commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    /// Waits until the bell rings, then takes all commands.
    ///
    /// Not for a thread that waits in epoll.
    func wait() -> [Command] {
        var count: UInt64 = 0
        while read(bell, &count, 8) < 0, errno == EINTR { continue }
        return take()
    }
}
