import ActiveResponse
import Daemon
import Logging

/// Undoes, on the word of somebody on this host, all responses that may cut it off its manager.
struct LocalRelease {
    let executor: ResponseExecutor
    let watch: ReleaseWatch
    let logger: Logger

    /// What came of it, for people.
    struct Outcome {
        var lines: [String] = []
        var isDone = true
    }

    /// Undoes them and waits for the ends of the scripts.
    ///
    /// The manager gets to know it by the events of the responses, which say who it was.
    func perform(for requester: ReleaseRequester) async -> Outcome {
        let events = watch.events()
        logger.notice("Release of this host was asked for", metadata: .of([.source: "\(requester)"]))
        var left = Set(await executor.release(by: "\(requester)"))
        var outcome = Outcome()
        guard !left.isEmpty else {
            outcome.lines = ["nothing that cuts this host off is in force"]
            return outcome
        }
        for await event in events where left.contains(event.dispatchID) {
            switch event.kind {
            case .undoFailed:
                left.remove(event.dispatchID)
                outcome.isDone = false
                let output = String(decoding: event.output.suffix(500), as: UTF8.self).split(separator: "\n").last ?? ""
                let reason = [event.detail, String(output)].filter { !$0.isEmpty }.joined(separator: ": ")
                outcome.lines.append("response \(event.dispatchID) could not be undone: \(reason)")
                logger.error(
                    "Response could not be undone by the release of this host",
                    metadata: .of([.dispatch: event.dispatchID, .reason: reason]))
            case .prolonged:
                // Its script found another one in force, and that one is released too.
                left.remove(event.dispatchID)
                outcome.lines.append("response \(event.dispatchID) had nothing of its own in force")
            case let kind where kind.endsResponse:
                left.remove(event.dispatchID)
                outcome.lines.append("response \(event.dispatchID) was undone")
                logger.notice(
                    "Response was undone by the release of this host", metadata: .of([.dispatch: event.dispatchID]))
            default: continue
            }
            if left.isEmpty { break }
        }
        // The agent stops, perhaps because the last undo is done: whose end was not told here may be over all the same.
        let active = left.isEmpty ? [] : Set(await executor.active().map(\.id))
        for id in left.subtracting(active) { outcome.lines.append("response \(id) was undone") }
        if !left.isDisjoint(with: active) {
            outcome.isDone = false
            outcome.lines.append("the agent is stopping; the next one goes on with the rest")
        }
        return outcome
    }
}
