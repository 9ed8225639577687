import ActiveResponse

/// One thing that happened to a response: a line of its timeline.
struct DispatchEvent: Sendable, Equatable {
    let dispatch: DispatchID
    /// When it happened, in unix milliseconds, by the clock of whoever saw it.
    let at: Int64
    /// What happened, in the words of the timeline, such as `decided` or `queued`.
    let name: String
    /// The state that it brings; `nil` when the state stays.
    var state: DispatchState?
    /// For people: who asked, why it was refused.
    var detail = ""
    /// When the undo is due, in unix milliseconds; `nil` leaves what is known, but in the state `failed`: nothing is to be
    /// undone then.
    var undoDue: Int64?
    /// When an undo that failed is tried again, in unix milliseconds; nil when it is not.
    var undoRetry: Int64?
    /// The script's exit status; `nil` leaves what is known.
    var exitStatus: Int32?
    /// How long the script ran; `nil` leaves what is known.
    var durationMilliseconds: Int64?
    /// What the script printed; `nil` leaves what is known.
    var output: [UInt8]?
    /// What becomes of somebody's wish to undo the response before its time; `nil` leaves what is known.
    var undoRequest: UndoRequestChange?
    /// Where the event came from, when an agent reported it; `nil` for the manager's own events.
    var report: ReportPosition?
}

extension DispatchEvent {
    /// Something that is about no single response: it has the id of none.
    static func change(_ name: String, detail: String, at: Int64, output: [UInt8]? = nil) -> DispatchEvent {
        DispatchEvent(dispatch: .zero, at: at, name: name, detail: detail, output: output)
    }
}

/// What an event means for a request to undo a response.
enum UndoRequestChange: Sendable, Equatable {
    /// It was made, and is repeated until the agent acts on it.
    case made(by: String)
    /// Nobody waits for it any more.
    case dropped
}

/// The place of a report in the sequence of one agent, by which a report that is sent again is recognised.
struct ReportPosition: Sendable, Equatable {
    let agent: String
    /// Names the journal that numbers the reports: an agent whose journal is new starts again from 1.
    let journal: String
    let sequence: UInt64
}
