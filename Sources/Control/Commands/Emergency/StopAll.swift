import ArgumentParser

struct StopAll: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop-all", abstract: "Lets nothing new run anywhere, at once; undos still do.",
        discussion: """
            What is decided from now on is held, orders that have not reached their agents wait. What has reached an \
            agent runs on: undo-all takes it back. "edr-control resume" ends the stop.
            """)

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        let request = try ControlRequest.post(["stop"], json: hand.body)
        try await session.show(request, as: StopAnswer.self) { answer in
            guard let stop = answer.stopped else { return "" }
            let since = session.times.text(stop.at) ?? "now"
            return (answer.changed ? "" : "it was already: ")
                + "nothing new runs since \(since), stopped by \(Terminal.safe(stop.description)); "
                + "\"edr-control resume\" takes it back"
        }
    }
}

struct Resume: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes stop-all back; what was held meanwhile waits for approve or deny.")

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        let request = try ControlRequest.post(["resume"], json: hand.body)
        try await session.show(request, as: StopAnswer.self) { answer in
            answer.changed
                ? "responses run again; see what was held with \"edr-control responses list --state held\""
                : "nothing was stopped"
        }
    }
}

struct UndoAll: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo-all", abstract: "Undoes every response in force, at once.")

    @Option(help: ArgumentHelp("Only those of this agent: its id or name, or all.", valueName: "id"))
    var agent: String?

    @Option(help: ArgumentHelp("Only those of this command.", valueName: "name"))
    var command: String?

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    private struct Body: Encodable {
        let agent: String?
        let command: String?
        let by: String?
        let reason: String?
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let body = Body(agent: agent, command: command, by: ByHandOptions.person, reason: hand.reason)
        try await session.show(.post(["undo"], json: body), as: UndoAllAnswer.self) { answer in
            "undo of \(answer.requested) responses requested; for agents that are not connected it waits"
        }
    }
}
