import ActiveResponse
import Daemon
import Hummingbird

/// What acts on all responses at once.
extension ControlOperations {
    /// From this moment nothing new runs.
    func stopAll(by author: Author) async throws -> API.StopAnswer {
        let wanted = Stop(at: Timestamp.now(), by: author.name, reason: author.reason)
        let stop = try await dispatcher.stopAll(wanted)
        return API.StopAnswer(stopped: .init(API.Stopped(stop)), changed: stop == wanted)
    }

    /// Takes the stop back.
    func resumeAll(by author: Author) async throws -> API.StopAnswer {
        let changed = try await dispatcher.resumeAll(by: author.text)
        return API.StopAnswer(stopped: .init(nil), changed: changed)
    }

    /// The changes by hand that are about no single response, newest first.
    func changes(limit: String?) async throws -> [API.TimelineEntry] {
        let limit = try limit.map(Self.limit) ?? 100
        return try await ledger.changes(limit: limit).map { event in
            API.TimelineEntry(at: Timestamp.iso8601(milliseconds: event.at), event: event.name, detail: event.detail)
        }
    }

    /// Asks for the undo of every response in force.
    func undoAll(_ wanted: API.UndoAllRequest, by author: Author) async throws -> API.UndoAllAnswer {
        var agent: String?
        if let text = wanted.agent {
            let targets = try targets(text)
            agent = targets.count == 1 ? targets.first?.id : nil
        }
        let count = try await dispatcher.undoAll(
            agent: agent, command: wanted.command, author: author.name, detail: author.detail)
        return API.UndoAllAnswer(requested: count)
    }
}

extension API.Stopped {
    init(_ stop: Stop) {
        self.init(at: Timestamp.iso8601(milliseconds: stop.at), by: stop.by, reason: stop.reason)
    }
}
