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
    /// While the line has been read and somebody perhaps waits for more.
    private static let shortPause: Int64 = 20
    /// While the line has been read and everybody is busy, the pause doubles up to this.
    private static let busyPause: Int64 = 160
    /// A reader that waits in a way that cannot be told apart (poll) gets its end of input after this time.
    ///
    /// One that is busy with something else does not: it may still ask for `check_keys`.
    private static let patience: Int64 = 5000

    /// The writing end of the pipe.
    let descriptor: Int32
    /// The watch for room in the pipe, while there is one.
    var roomToken: UInt64?
    private var unwritten: ArraySlice<UInt8>
    private var pause = firstPause
    /// Since when somebody perhaps waits for more.
    private var perhapsSince: Int64?
    private var isLast: Bool
    /// When to look next, in milliseconds of the boot clock; nil while there is nothing to look for.
    private(set) var nextLook: Int64?

    /// - Parameters:
    ///   - descriptor: the writing end of the pipe, not blocking; closed with this object.
    ///   - line: what to write, its line break included.
    ///   - mayAsk: whether the script may ask for `check_keys`; else the end of input follows the line at once.
    init(descriptor: Int32, line: [UInt8], mayAsk: Bool, now: Int64) {
        self.descriptor = descriptor
        self.unwritten = line[...]
        self.isLast = !mayAsk
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

    /// The script has asked for `check_keys`: the input stays open until ``answer(_:)``.
    func expectAnswer() {
        nextLook = nil
    }

    /// Writes the answer to `check_keys`, its line break included; after that no more can come.
    func answer(_ text: [UInt8]) -> Outcome {
        unwritten.append(contentsOf: text)
        isLast = true
        return write()
    }

    /// Looks whether the script waits for the end of input.
    ///
    /// - Parameters:
    ///   - process: the script's process.
    ///   - asked: called after a waiting reader was seen; takes in what the script has printed by then and says
    ///     whether that was a `check_keys` request, which then is to be answered.
    func look(process: pid_t, now: Int64, asked: () -> Bool) -> Outcome {
        guard unwritten.isEmpty, edr_bytes_in_pipe(descriptor) <= 0 else {
            pause = min(pause * 2, Self.longestPause)
            nextLook = now + pause
            return unwritten.isEmpty ? .open : .wantsRoom
        }
        switch BlockedReader.look(under: process, pipe: descriptor) {
        case .reading: break
        case .perhaps:
            let since = perhapsSince ?? now
            perhapsSince = since
            nextLook = now + Self.shortPause
            guard now - since >= Self.patience else { return .open }
        case .busy:
            perhapsSince = nil
            pause = min(pause * 2, Self.busyPause)
            nextLook = now + pause
            return .open
        }
        // The request is printed before its answer is read, so it is there by now if there is one.
        return asked() ? .open : .done
    }
}
