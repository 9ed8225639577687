/// One line of the recording: a script ran.
package struct RecordedRun: Sendable, Equatable {
    package enum Action: String, Sendable {
        case add, delete
    }

    package var action: Action
    /// The dispatch's id, 32 hexadecimal digits.
    package var dispatch: String
    package var alert: String
    package var agent: String
    /// When it began, by CLOCK_MONOTONIC in nanoseconds.
    package var at: Int64
    /// When it began, in unix milliseconds.
    package var wall: Int64
    package var pid: Int32

    package init(
        _ action: Action, dispatch: String, alert: String, agent: String, at: Int64, wall: Int64, pid: Int32 = 0
    ) {
        self.action = action
        self.dispatch = dispatch
        self.alert = alert
        self.agent = agent
        self.at = at
        self.wall = wall
        self.pid = pid
    }

    /// Reads a line as ChaosRecorder writes it; nil when it is none.
    package init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count == 7, let action = Action(rawValue: String(words[0])), let at = Int64(words[4]),
            let wall = Int64(words[5]), let pid = Int32(words[6])
        else { return nil }
        self.init(
            action, dispatch: String(words[1]), alert: String(words[2]), agent: String(words[3]), at: at, wall: wall,
            pid: pid)
    }
}
