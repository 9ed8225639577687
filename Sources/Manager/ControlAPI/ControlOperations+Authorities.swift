import Daemon
import Hummingbird
import TLS

extension ControlOperations {
    /// The certificate authorities, and where a rotation stands.
    func certificateAuthorities() throws -> API.Authorities {
        let identity = authorities.identity
        let present = identity.authorities
        let dependants = authorities.dependants
        let isRotating = present.retiring != nil
        let shown = identity.credentials
        let listed = zip(present.trusted, present.fingerprints).map { certificate, fingerprint in
            let isIssuing = fingerprint == present.issuingFingerprint
            return API.Authorities.Authority(
                fingerprint: fingerprint, role: isRotating ? (isIssuing ? "new" : "old") : "only",
                begins: Timestamp.iso8601(milliseconds: certificate.beginsAt * 1000),
                ends: Timestamp.iso8601(milliseconds: certificate.expiresAt * 1000))
        }
        return API.Authorities(
            rotating: isRotating, authorities: listed,
            managerCertificate: .init(
                authority: try shown.authority.fingerprint().description,
                fingerprint: try shown.certificate.fingerprint().description,
                ends: Timestamp.iso8601(milliseconds: shown.certificate.expiresAt * 1000)),
            agentsWithoutTrust: dependants.withoutTrust.map(API.Authorities.Agent.init),
            agentsWithOldCertificate: dependants.withOldCertificate.map(API.Authorities.Agent.init))
    }

    /// Makes a new authority beside the present one.
    func rotateAuthority(by author: Author) async throws -> API.Authorities {
        do {
            try await authorities.rotate(by: author.text)
        } catch let refusal as AuthorityDesk.Refusal {
            throw ControlFailure(refusal)
        }
        return try certificateAuthorities()
    }

    /// Ends the rotation.
    func retireAuthority(_ wanted: API.RetireRequest, by author: Author) async throws -> API.Retirement {
        do {
            let retirement = try await authorities.retire(force: wanted.force ?? false, by: author.text)
            return API.Retirement(
                retired: true, agentsLockedOut: retirement.lockedOut.map(API.Authorities.Agent.init),
                tokensRevoked: retirement.revokedTokens)
        } catch let refusal as AuthorityDesk.Refusal {
            throw ControlFailure(refusal)
        }
    }
}

extension ControlFailure {
    fileprivate init(_ refusal: AuthorityDesk.Refusal) {
        self.init(.conflict, refusal.message, details: refusal.details)
    }
}

extension API.Authorities.Agent {
    fileprivate init(_ record: AgentRecord) {
        self.init(id: record.id, name: record.name)
    }
}
