/// One response for people: what it is, what happened when, what the script said.
struct ResponseStory {
    let response: ResponseAnswer
    let times: LocalTime

    var text: String {
        var parts = [facts]
        if let timeline = response.timeline, let first = timeline.first {
            parts.append(story(timeline, since: first.at))
        }
        if let output = response.output, !output.isEmpty {
            let lines = Terminal.safeLines(output).split(separator: "\n", omittingEmptySubsequences: false)
            let kept = lines.last?.isEmpty == true ? lines.dropLast() : lines
            parts.append("output:\n" + kept.map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    private var facts: String {
        var details = Details()
        details.add("id", response.id)
        details.add("state", response.stateText)
        details.add("command", response.command)
        details.add("active response", response.activeResponse)
        details.add("agent", response.agent)
        details.add("alert", response.alertId)
        details.add("rule", response.ruleId)
        details.add("user", response.user)
        details.add("srcip", response.srcip)
        details.add("created", times.text(response.created))
        details.add("undo due", times.text(response.undoDue))
        details.add("undo retried", times.text(response.undoRetry))
        details.add("held", response.heldReason)
        details.add("held until", times.text(response.heldUntil))
        details.add("then", response.heldDefault)
        details.add("exit status", response.exitStatus.map(String.init))
        details.add("duration", response.durationMs.map { Span.text(milliseconds: $0) })
        return details.text
    }

    private func story(_ timeline: [ResponseAnswer.Event], since start: String) -> String {
        var table = Table(["TIME", "SINCE", "EVENT", "DETAIL"])
        for event in timeline {
            let since = LocalTime.milliseconds(from: start, to: event.at)
            table.add([
                times.text(event.at), since.map { Span.text(milliseconds: $0) }, event.event, event.detail ?? "",
            ])
        }
        return table.text
    }
}
