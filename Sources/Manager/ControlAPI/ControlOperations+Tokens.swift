import ActiveResponse
import Daemon
import Hummingbird

extension ControlOperations {
    /// The tokens with which an agent can enroll now, the oldest first.
    func tokens() async throws -> [API.ListedToken] {
        try await ledger.tokens(at: Timestamp.now()).map { grant in
            API.ListedToken(
                tokenID: grant.publicID, id: .init(grant.agentID), name: .init(grant.name),
                created: Timestamp.iso8601(milliseconds: grant.created),
                expires: Timestamp.iso8601(milliseconds: grant.expires), usesLeft: grant.uses)
        }
    }

    /// Takes a token back: from this moment nobody enrolls with it.
    func revokeToken(_ id: String, by author: Author) async throws -> API.RevokedToken {
        let known = try await ledger.tokens(at: Timestamp.now()).filter { $0.publicID == id.lowercased() }
        guard !known.isEmpty else {
            throw ControlFailure(
                .notFound, "no valid token has the id \"\(id)\"; see edr-control enroll tokens")
        }
        // Two of the same id are as unlikely as they are harmless: both go.
        for token in known { _ = try await ledger.revokeToken(hash: token.hash) }
        try await dispatcher.note("token_revoked", detail: "enrollment token \(id.lowercased()), \(author.detail)")
        return API.RevokedToken(tokenID: id.lowercased(), revoked: true)
    }
}

extension EnrollmentGrant {
    /// Names the token where its secret must not appear: the first eight hexadecimal digits of the hash.
    var publicID: String { Self.publicID(ofHash: hash) }

    static func publicID(ofHash hash: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: hash.prefix(4).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
