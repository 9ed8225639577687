import Daemon
import Logging
import NIOCore
import Synchronization

/// What is logged about peers that nobody knows yet: so many lines a minute, and how many were left out.
///
/// Strangers must not fill the disk.
final class StrangerLog: Sendable {
    /// How many lines are written in one period.
    static let lineLimit = 100
    private static let period = TimeAmount.seconds(60)

    private struct State {
        var end: NIODeadline?
        var lines = 0
        var leftOut = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) {
        self.logger = logger
    }

    func say(
        _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata, now: NIODeadline = .now()
    ) {
        let (isHeard, leftOut) = state.withLock { state in
            var leftOut = 0
            if state.end.map({ now >= $0 }) ?? true {
                leftOut = state.leftOut
                state = State(end: now + Self.period)
            }
            state.lines += 1
            if state.lines > Self.lineLimit { state.leftOut += 1 }
            return (state.lines <= Self.lineLimit, leftOut)
        }
        if leftOut > 0 {
            logger.warning("Lines about unknown peers were left out", metadata: .of([.count: leftOut]))
        }
        if isHeard { logger.log(level: level, message, metadata: metadata) }
    }
}
