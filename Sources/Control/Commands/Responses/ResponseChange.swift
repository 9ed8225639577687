/// Asks for a change of responses, in the name of who is logged in.
struct ResponseChange {
    /// The last part of the request's path.
    let action: String
    let hand: ByHandOptions

    /// What became of it; an undo that is asked for is the agent's to do.
    private static func text(_ response: ResponseAnswer) -> String {
        let (id, agent) = (Terminal.safe(response.id), Terminal.safe(response.agent))
        guard response.undoRequestedBy != nil else { return "response \(id) is \(Terminal.safe(response.state))" }
        return response.agentStatus == "active"
            ? "undo of response \(id) requested: agent \(agent) does it now; see \"edr-control responses show \(id)\""
            : "undo of response \(id) requested: agent \(agent) is not connected; the undo waits and is done when the "
                + "agent is back"
    }

    /// Changes one response; its document is the result.
    func perform(on id: String, in session: ControlSession) async throws(ControlError) {
        try await session.show(try request(id), as: ResponseAnswer.self, text: Self.text)
    }

    /// Changes several; the list of their documents is the result.
    ///
    /// What keeps one from being changed does not keep the others: it is said at the end.
    func perform(onEach ids: [String], in session: ControlSession) async throws(ControlError) {
        var requests: [ControlRequest] = []
        for id in ids { requests.append(try request(id)) }
        try await session.showEach(requests, as: ResponseAnswer.self, text: Self.text)
    }

    private func request(_ id: String) throws(ControlError) -> ControlRequest {
        try .post(["responses", id, action], json: hand.body)
    }
}
