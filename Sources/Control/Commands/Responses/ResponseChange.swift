import Foundation

/// Asks for a change of one response, in the name of who is logged in.
struct ResponseChange {
    /// The last part of the request's path.
    let action: String
    let id: String

    private struct Body: Encodable {
        let by: String?
    }

    /// What became of it; an undo that is asked for is the agent's to do.
    private static func text(_ response: ResponseAnswer) -> String {
        let (id, agent) = (Terminal.safe(response.id), Terminal.safe(response.agent))
        guard response.undoRequestedBy != nil else { return "response \(id) is \(Terminal.safe(response.state))" }
        return response.agentStatus == "active"
            ? "undo of response \(id) requested: agent \(agent) does it now; see \"edr-control responses show \(id)\""
            : "undo of response \(id) requested: agent \(agent) is not connected; the undo waits and is done when the "
                + "agent is back"
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let environment = ProcessInfo.processInfo.environment
        // The person, where sudo tells; the timeline keeps the name.
        let body = Body(by: environment["SUDO_USER"] ?? environment["USER"])
        let request = try ControlRequest.post(["responses", id, action], json: body)
        try await session.show(request, as: ResponseAnswer.self) { response in
            Self.text(response)
        }
    }
}
