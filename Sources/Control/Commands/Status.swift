import ArgumentParser

struct Status: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how the manager is doing: agents, sources, responses, queues.")

    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        try await session.show(.get(["status"]), as: StatusAnswer.self) { Self.text($0, times: session.times) }
    }

    static func text(_ status: StatusAnswer, times: LocalTime) -> String {
        guard let stop = status.stopped else { return facts(status) }
        let since = times.text(stop.at) ?? Terminal.safe(stop.at)
        let warning =
            "STOPPED since \(since) by \(Terminal.safe(stop.description))\n"
            + "nothing new runs until \"edr-control resume\"; undos still do"
        return warning + "\n\n" + facts(status)
    }

    private static func facts(_ status: StatusAnswer) -> String {
        var details = Details()
        details.add("version", status.version)
        details.add("uptime", Span.text(seconds: status.uptimeSeconds))
        let states = [("active", "active"), ("disconnected", "disconnected"), ("never_connected", "never connected")]
        let agents = states.map { key, words in "\(status.agents[key] ?? 0) \(words)" }
        details.add("agents", agents.joined(separator: ", "))
        details.add("responses", status.dispatches.isEmpty ? "none" : counts(status.dispatches))
        details.add("queues", counts(status.queues))
        var problems: [String] = []
        if let ledger = status.ledger {
            let sizes = "\(Size.text(ledger.sizeBytes)) of \(Size.text(ledger.maxBytes))"
            details.add("ledger", sizes + ", kept for " + Span.text(seconds: ledger.keepSeconds))
            if let problem = ledger.problem { problems.append("problem with the ledger: \(Terminal.safe(problem))") }
        }
        guard !status.sources.isEmpty else { return ([details.text] + problems).joined(separator: "\n\n") }
        var table = Table(["SOURCE", "READ", "DECIDED", "FIRED", "SKIPPED", "INVALID"])
        for source in status.sources {
            let numbers = [source.read, source.decided, source.fired, source.skipped, source.invalid]
            table.add([source.name] + numbers.map(String.init))
        }
        problems += status.sources.compactMap { source in
            source.problem.map { "problem with \(Terminal.safe(source.name)): \(Terminal.safe($0))" }
        }
        return ([details.text, table.text] + (problems.isEmpty ? [] : [problems.joined(separator: "\n")]))
            .joined(separator: "\n\n")
    }

    private static func counts(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
