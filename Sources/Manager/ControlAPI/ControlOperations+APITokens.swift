import Daemon
import Hummingbird
import ManagerSettings

extension ControlOperations {
    /// How long a token is valid when nobody says, and at most, in seconds.
    private static let usualTokenLifetime = 30 * 86_400
    private static let longestTokenLifetime = 366 * 86_400

    /// The tokens of the API, also those that have expired, never their secrets.
    func apiTokens() -> [API.ListedAPIToken] {
        tokensOfAPI.all.map { token in
            API.ListedAPIToken(
                name: token.name, role: token.role.rawValue, created: Timestamp.iso8601(milliseconds: token.created),
                expires: Timestamp.iso8601(milliseconds: token.expires),
                lastUsed: .init(token.lastUsed.map(Timestamp.iso8601(milliseconds:))),
                lastAddress: .init(token.lastAddress))
        }
    }

    func createAPIToken(_ wanted: API.APITokenRequest, by author: Author) async throws -> API.APIToken {
        guard AgentNaming.isValidName(wanted.name) else {
            throw ControlFailure(
                .badRequest,
                "\"\(wanted.name)\" is no name of a token; use 1 to 128 letters, digits, \".\", \"-\" and \"_\"")
        }
        guard let role = ControlRole(rawValue: wanted.role) else {
            let roles = ControlRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlFailure(.badRequest, "there is no role \"\(wanted.role)\"; there are \(roles)")
        }
        let lifetime = wanted.ttlSeconds ?? Self.usualTokenLifetime
        guard (1...Self.longestTokenLifetime).contains(lifetime) else {
            throw ControlFailure(
                .badRequest, "an API token is valid for 1 second to 366 days (in seconds), not \(lifetime)")
        }
        let (text, token) = try await tokensOfAPI.create(
            name: wanted.name, role: role, lifetime: Int64(lifetime) * 1000, by: author.text)
        return API.APIToken(
            token: text, name: token.name, role: role.rawValue,
            expires: Timestamp.iso8601(milliseconds: token.expires))
    }

    /// Takes a token back: from this moment it opens nothing.
    func revokeAPIToken(_ name: String, by author: Author) async throws -> API.RevokedAPIToken {
        guard try await tokensOfAPI.revoke(name, by: author.text) else {
            throw ControlFailure(.notFound, "there is no API token \"\(name)\"; see edr-control api-token list")
        }
        return API.RevokedAPIToken(name: name, revoked: true)
    }
}
