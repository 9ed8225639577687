import CSpawn
import Glibc

/// Our end of a script's standard input: gives the line without ever waiting, answers `check_keys`, and closes at
/// the right time.
///
/// A script that reads to the end of its input waits for us to close; one that asks for `check_keys` needs it open.
/// Nobody says beforehand which one it is, so the end of input is given as soon as somebody is seen waiting for
/// more after the line was read. A script that reads nothing is never disturbed. Confined to the reactor's thread.
final class StandardInput {
    /// The first look is after so many milliseconds; while the line is unread the pause doubles up to `longestPause`.
    private static let firstPause: Int64 = 4
    private static let longestPause: Int64 = 1000
    /// While the line has been read and nothing has happened yet.
    private static let shortPause: Int64 = 20
    /// A reader that waits in a way that cannot be seen (poll) gets its end of input after this time.
    private static let patience: Int64 = 1000

    /// The writing end of the pipe.
    let descriptor: Int32
    /// The watch for room in the pipe, while there is one.
    var roomToken: UInt64?
    private var unwritten: ArraySlice<UInt8>
    private var reply: [UInt8]?
    private var pause = firstPause
    private var consumedAt: Int64?
    private var isLast: Bool
    /// When to look next, in milliseconds of the boot clock; nil while there is nothing to look for.
    private(set) var nextLook: Int64?

    /// - Parameters:
    ///   - descriptor: the writing end of the pipe, not blocking; closed with this object.
    ///   - line: what to write, its line break included.
    ///   - reply: the answer to `check_keys`; nil when the end of input may follow the line at once.
    init(descriptor: Int32, line: [UInt8], reply: [UInt8]?, now: Int64) {
        self.descriptor = descriptor
        self.unwritten = line[...]
        self.reply = reply
        self.isLast = reply == nil
        self.nextLook = now + Self.firstPause
    }

    deinit { close(descriptor) }

    /// What to do with the input after an event.
    enum Outcome {
        /// It stays open.
        case open
        /// It stays open, and is to be written to as soon as there is room.
        case wantsRoom
        /// Drop this object: the script gets its end of input.
        case done
    }

    /// Writes what fits into the pipe.
    func write() -> Outcome {
        while !unwritten.isEmpty {
            let count = unwritten.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                unwritten.removeFirst(count)
            } else if errno == EAGAIN {
                return .wantsRoom
            } else if errno != EINTR {
                // EPIPE: the script has closed its input, which is its right.
                return .done
            }
        }
        return isLast ? .done : .open
    }

    /// The script has asked for `check_keys`: answers `continue`, once; after that no more can come.
    func answer() -> Outcome {
        guard let reply else { return .open }
        unwritten.append(contentsOf: reply)
        self.reply = nil
        isLast = true
        nextLook = nil
        return write()
    }

    /// Looks whether the script waits for the end of input.
    ///
    /// - Parameters:
    ///   - process: the script's process.
    ///   - asked: called after a waiting reader was seen; takes in what the script has printed by then and says
    ///     whether that was a `check_keys` request.
    func look(process: pid_t, now: Int64, asked: () -> Bool) -> Outcome {
        guard unwritten.isEmpty, edr_bytes_in_pipe(descriptor) <= 0 else {
            pause = min(pause * 2, Self.longestPause)
            nextLook = now + pause
            return unwritten.isEmpty ? .open : .wantsRoom
        }
        let since = consumedAt ?? now
        consumedAt = since
        nextLook = now + Self.shortPause
        guard now - since >= Self.patience || BlockedReader.exists(under: process, pipe: descriptor) else {
            return .open
        }
        // The request is printed before its answer is read, so it is there by now if there is one.
        return asked() ? answer() : .done
    }
}
