import ActiveResponse
import Daemon

/// What an agent's event means for the ledger: the word in the timeline and the state that it brings.
enum ReportTranslation {
    /// The entry for a report.
    static func change(_ report: AgentReport, agent: String, journal: String) -> LedgerChange {
        switch report {
        case .event(let event): return .event(self.event(event, agent: agent, journal: journal))
        case .unknown(let unknown):
            // Without a dispatch there is nothing to note but that the agent is alive.
            guard let dispatch = unknown.dispatch else {
                return .sighting(AgentSighting(agent: agent, at: Timestamp.now()))
            }
            let detail = "kind \(unknown.kind)" + (unknown.detail.isEmpty ? "" : ": " + unknown.detail)
            return .event(
                DispatchEvent(
                    dispatch: dispatch, at: unknown.at, name: "unknown_event", detail: detail,
                    report: ReportPosition(agent: agent, journal: journal, sequence: unknown.sequence)))
        }
    }

    static func event(_ report: ResponseEvent, agent: String, journal: String) -> DispatchEvent {
        let (name, state) = meaning(of: report)
        return DispatchEvent(
            dispatch: report.dispatchID, at: report.at, name: name, state: state, detail: detail(of: report),
            undoDue: report.undoDue, undoRetry: report.retryAt, exitStatus: isOfUndo(report) ? nil : report.exitStatus,
            durationMilliseconds: isOfUndo(report) ? nil : report.durationMilliseconds,
            output: report.output.isEmpty || isOfUndo(report) ? nil : report.output,
            report: ReportPosition(agent: agent, journal: journal, sequence: report.sequence))
    }

    private static func meaning(of report: ResponseEvent) -> (String, DispatchState?) {
        switch report.kind {
        case .received: ("delivered", .delivered)
        case .started: ("started", .running)
        case .finished: report.exitStatus == 0 ? ("finished", .done) : ("failed", .failed)
        // A stateful run that failed may have done a part of its work: it is shown as failed, and still undone. One
        // that was interrupted by a stop of the agent has no end that anybody saw, and counts as active.
        case .active: report.exitStatus == 0 || isInterrupted(report) ? ("active", .active) : ("failed", .failed)
        case .prolonged: ("prolonged", .done)
        case .undoDueChanged: ("undo_due", nil)
        case .undoing: ("undoing", .undoing)
        case .undone: ("undone", .undone)
        case .undoFailed: ("undo_failed", .undoFailed)
        case .failed: ("failed", .failed)
        case .refused: ("refused", .refused)
        case .expired: ("expired", .expired)
        case .unknown: ("unknown", .unknown)
        case .restored: ("restored", nil)
        }
    }

    private static func isInterrupted(_ report: ResponseEvent) -> Bool {
        report.exitStatus == nil && report.signal == nil
    }

    /// Exit status, duration and output of a response are those of its `add` run; what the undo gave stands in the
    /// timeline.
    private static func isOfUndo(_ report: ResponseEvent) -> Bool {
        switch report.kind {
        case .undone, .undoFailed: true
        default: false
        }
    }

    private static func detail(of report: ResponseEvent) -> String {
        var parts = report.detail.isEmpty ? [] : [report.detail]
        if let status = report.exitStatus { parts.append("exit status \(status)") }
        if let signal = report.signal { parts.append("ended by signal \(signal)") }
        if let duration = report.durationMilliseconds { parts.append("after \(duration) ms") }
        if isOfUndo(report), !report.output.isEmpty {
            let text = String(decoding: report.output.suffix(500), as: UTF8.self)
            parts.append("output: " + text.split(whereSeparator: \.isNewline).joined(separator: " | "))
        }
        return parts.joined(separator: ", ")
    }
}
