import Hummingbird
import ManagerSettings

/// The requests that the API answers, each with the one role that it takes: none can be added without.
struct RoutePlan {
    typealias Answer = @Sendable (Request, ControlContext) async throws -> Response

    struct Route: Sendable {
        let method: HTTPRequest.Method
        /// With `:id` for what stands for one thing.
        let path: String
        let role: ControlRole
        let answer: Answer
    }

    private(set) var routes: [Route] = []

    mutating func get(_ path: String, for role: ControlRole, answer: @escaping Answer) {
        on(.get, "/v1/" + path, for: role, answer: answer)
    }

    mutating func post(_ path: String, for role: ControlRole, answer: @escaping Answer) {
        on(.post, "/v1/" + path, for: role, answer: answer)
    }

    mutating func delete(_ path: String, for role: ControlRole, answer: @escaping Answer) {
        on(.delete, "/v1/" + path, for: role, answer: answer)
    }

    /// - Parameter path: the whole path.
    mutating func on(
        _ method: HTTPRequest.Method, _ path: String, for role: ControlRole, answer: @escaping Answer
    ) {
        routes.append(Route(method: method, path: path, role: role, answer: answer))
    }

    /// Adds everything to a router, the role's check before each answer.
    func add(to router: Router<ControlContext>) {
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try context.require(route.role)
                return try await route.answer(request, context)
            }
        }
    }
}
