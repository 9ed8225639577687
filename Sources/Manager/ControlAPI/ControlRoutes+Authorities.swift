import Hummingbird
import ManagerSettings

extension ControlRoutes {
    /// What is about the manager's certificate authorities.
    func addAuthorities(to api: inout RoutePlan) {
        api.get("ca", for: .viewer) { _, _ in try Self.answer(try operations.certificateAuthorities()) }
        api.post("ca/rotate", for: .admin) { request, context in
            let author = try await Self.author(request, context)
            return try Self.answer(try await operations.rotateAuthority(by: author))
        }
        api.post("ca/retire", for: .admin) { request, context in
            let wanted: API.RetireRequest = try await Self.body(request)
            let author = try context.author(person: wanted.by, reason: wanted.reason)
            return try Self.answer(try await operations.retireAuthority(wanted, by: author))
        }
    }
}
