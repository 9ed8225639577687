import Foundation

/// Asks for a change of one response, in the name of who is logged in.
struct ResponseChange {
    /// The last part of the request's path.
    let action: String
    let id: String

    private struct Body: Encodable {
        let by: String?
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let environment = ProcessInfo.processInfo.environment
        // The person, where sudo tells; the timeline keeps the name.
        let body = Body(by: environment["SUDO_USER"] ?? environment["USER"])
        let request = try ControlRequest.post(["responses", id, action], json: body)
        try await session.show(request, as: ResponseAnswer.self) { response in
            "response \(Terminal.safe(response.id)) is \(Terminal.safe(response.state))"
        }
    }
}
