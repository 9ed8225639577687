import ActiveResponse
import Alerts
import Foundation
import Hummingbird
import ManagerSettings
import NIOCore
import Policy

/// The paths of the control API and what each answers (docs/reference/control-api.md).
struct ControlRoutes: Sendable {
    /// The largest body of `POST /v1/alerts`, in bytes.
    static let alertsLimit = 64 << 20
    /// The largest body of any other request, in bytes.
    static let bodyLimit = 1 << 20

    let operations: ControlOperations

    /// What answers requests, of those whom `access` knows.
    func router(access: any AccessControl) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: FailureMiddleware())
        router.add(middleware: AccessMiddleware(access: access))
        plan.add(to: router)
        return router
    }

    /// Every request that is answered.
    var plan: RoutePlan {
        var plan = RoutePlan()
        plan.get("status", for: .viewer) { _, _ in try Self.answer(await operations.status()) }
        addAgents(to: &plan)
        addTokens(to: &plan)
        addResponses(to: &plan)
        addCommands(to: &plan)
        addAlerts(to: &plan)
        addAuthorities(to: &plan)
        plan.post("reload", for: .admin) { request, context in
            try Self.answer(try await operations.reload(by: try await Self.author(request, context)))
        }
        return plan
    }

    private func addAgents(to api: inout RoutePlan) {
        api.get("agents", for: .viewer) { _, _ in try Self.answer(operations.agents()) }
        api.get("agents/:id", for: .viewer) { _, context in try Self.answer(try operations.agent(try context.id())) }
        api.delete("agents/:id", for: .admin) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.removeAgent(try context.id(), by: author))
        }
    }

    private func addTokens(to api: inout RoutePlan) {
        api.post("enrollment-tokens", for: .admin) { request, context in
            let wanted: API.TokenRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.createToken(wanted, by: author))
        }
        api.get("enrollment-tokens", for: .viewer) { _, _ in try Self.answer(try await operations.tokens()) }
        api.delete("enrollment-tokens/:id", for: .admin) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.revokeToken(try context.id(), by: author))
        }
        api.get("api-tokens", for: .viewer) { _, _ in try Self.answer(operations.apiTokens()) }
        api.post("api-tokens", for: .admin) { request, context in
            let wanted: API.APITokenRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.createAPIToken(wanted, by: author))
        }
        api.delete("api-tokens/:id", for: .admin) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.revokeAPIToken(try context.id(), by: author))
        }
    }

    private func addResponses(to api: inout RoutePlan) {
        api.get("responses", for: .viewer) { request, _ in
            let query = request.uri.queryParameters
            return try Self.answer(
                try await operations.responses(
                    agent: query["agent"].map(String.init), state: query["state"].map(String.init),
                    limit: query["limit"].map(String.init)))
        }
        api.get("responses/:id", for: .viewer) { _, context in
            try Self.answer(try await operations.response(try context.id()))
        }
        api.post("responses/:id/undo", for: .operator) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.undo(try context.id(), by: author))
        }
        api.post("responses/:id/cancel", for: .operator) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.cancel(try context.id(), by: author))
        }
        api.post("responses/:id/approve", for: .operator) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.approve(try context.id(), by: author))
        }
        api.post("responses/:id/deny", for: .operator) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.deny(try context.id(), by: author))
        }
    }

    private func addCommands(to api: inout RoutePlan) {
        api.post("commands", for: .operator) { request, context in
            let wanted: API.CommandRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.run(wanted, by: author))
        }
        api.post("actions", for: .operator) { request, context in
            let wanted: API.ActionRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.send(wanted, by: author))
        }
        api.on(.put, "/active-response", for: .operator) { request, context in
            let body = try await Self.bytes(of: request, limit: Self.bodyLimit)
            let parameters = request.uri.queryParameters.mapped
            // Without the list all agents are meant: a slip in its name must not mean that.
            let known = ["agents_list", "pretty", "wait_for_complete"]
            if let unknown = parameters.keys.sorted().first(where: { !known.contains($0) }) {
                throw ControlFailure(
                    .badRequest, "there is no parameter \"\(unknown)\"; known are \(known.joined(separator: ", "))")
            }
            let agents = parameters["agents_list"]
            return try Self.answer(
                try await operations.activeResponse(
                    agents: agents, body: Data(body.readableBytesView),
                    by: try context.author(person: nil, reason: nil)))
        }
        api.post("stop", for: .operator) { request, context in
            try Self.answer(try await operations.stopAll(by: try await Self.author(request, context)))
        }
        api.post("resume", for: .operator) { request, context in
            try Self.answer(try await operations.resumeAll(by: try await Self.author(request, context)))
        }
        api.get("changes", for: .viewer) { request, _ in
            let limit = request.uri.queryParameters["limit"].map(String.init)
            return try Self.answer(try await operations.changes(limit: limit))
        }
        api.post("undo", for: .operator) { request, context in
            let wanted: API.UndoAllRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.undoAll(wanted, by: author))
        }
    }

    /// Who asks for a change of which the body says nothing else.
    static func author(_ request: Request, _ context: ControlContext) async throws -> Author {
        let hand: API.ByHand = try await body(request)
        return try context.author(person: hand.by, reason: hand.reason)
    }

    private func addAlerts(to api: inout RoutePlan) {
        api.post("alerts", for: .operator) { request, _ in
            let body = try await Self.bytes(of: request, limit: Self.alertsLimit)
            return try Self.answer(try await operations.take(alerts: Array(buffer: body)))
        }
        api.post("alerts/process", for: .operator) { request, _ in
            let body = try await Self.bytes(of: request, limit: Self.alertsLimit)
            let wanted = try ProcessRequest(request.uri.queryParameters.mapped)
            return try Self.answer(try await operations.process(wanted, body: Array(buffer: body)))
        }
        api.post("alerts/test", for: .viewer) { request, _ in
            let body = try await Self.bytes(of: request, limit: Self.bodyLimit)
            return try Self.answer(try operations.test(alert: Array(buffer: body)))
        }
    }

    /// A request's body.
    ///
    /// - Parameter limit: in bytes, a whole number of MiB.
    private static func bytes(of request: Request, limit: Int) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ControlFailure(
                .contentTooLarge,
                "the request's body has more than \(limit >> 20) MiB, which is the limit; send it in several requests")
        }
    }

    static func body<Body: RequestBody>(_ request: Request) async throws -> Body {
        let bytes = try await bytes(of: request, limit: bodyLimit)
        return try Body.read(bytes.readableBytes == 0 ? Data("{}".utf8) : Data(bytes.readableBytesView))
    }

    static func answer(_ document: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(document)
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}

extension Parameters {
    /// The last value of each name.
    fileprivate var mapped: [String: String] {
        Dictionary(map { (String($0.key), String($0.value)) }, uniquingKeysWith: { $1 })
    }
}

extension ControlContext {
    /// The `:id` of the path.
    fileprivate func id() throws -> String {
        let id = try parameters.require("id")
        return id.removingPercentEncoding ?? id
    }
}
