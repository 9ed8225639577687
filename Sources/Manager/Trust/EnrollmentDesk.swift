import ActiveResponse
import AgentProtocol
import Daemon
import Logging
import TLS

/// Gives out enrollment tokens and turns them into agents with certificates.
struct EnrollmentDesk: Sendable {
    let authorities: AuthorityDesk
    /// How long agents' certificates are good, in seconds.
    let certificateLifetime: Int64
    let ledger: any Ledger
    let registry: AgentRegistry
    let dispatcher: Dispatcher
    let managerName: String
    let logger: Logger

    /// Makes a token.
    ///
    /// Only the hash of its secret is kept.
    ///
    /// - Parameters:
    ///   - expires: unix milliseconds.
    ///   - by: who wants it, for the audit record.
    func createToken(id: String?, name: String?, expires: Int64, uses: Int, by: String) async throws -> String {
        let authority = authorities.identity.authorities.enrolling
        let token = try EnrollmentToken.random(
            authorityFingerprint: try authority.certificate.fingerprint().bytes)
        try await ledger.createToken(
            EnrollmentGrant(
                hash: SHA256.digest(of: token.secret), agentID: id, name: name, created: Timestamp.now(),
                expires: expires, uses: uses), by: by)
        logger.info("Enrollment token was made", metadata: .of([.agent: id ?? "", .name: name ?? "", .count: uses]))
        return token.text
    }

    /// Enrolls an agent that shows a token and a certificate request.
    ///
    /// - Parameter address: where the request comes from, for the log.
    func enroll(_ request: EnrollRequest, address: String) async throws -> EnrollResponse {
        let token = try EnrollmentToken(request.token)
        let signing = try CertificateRequest(der: request.certificateRequest)
        let (present, lifetime) = (authorities.identity.authorities, certificateLifetime)
        let enrollment = try await ledger.enroll(
            EnrollmentApplication(
                tokenHash: SHA256.digest(of: token.secret), name: request.requestedName, at: Timestamp.now())
        ) { id, _ in
            let certificate = try present.issuing.issueAgentCertificate(
                for: signing, agentID: id, lifetime: lifetime)
            return IssuedCertificate(
                serial: certificate.serial, fingerprint: try certificate.fingerprint().description,
                pem: try certificate.pem(), authority: present.issuingFingerprint,
                knownAuthority: present.enrollingFingerprint)
        }
        registry.add(enrollment.agent)
        // An older agent trusts the old authority alone, and this one has not said anything else yet.
        authorities.refresh()
        // The id may have belonged to another machine until now, whose link is still open.
        dispatcher.cut(agent: enrollment.agent.id, reason: "the agent was enrolled anew")
        logger.notice(
            "Agent was enrolled",
            metadata: .of([.agent: enrollment.agent.id, .name: enrollment.agent.name, .address: address]))
        return EnrollResponse(
            agentID: enrollment.agent.id, agentName: enrollment.agent.name,
            certificateChain: enrollment.certificate.pem, authority: try present.trusted.map { try $0.pem() }.joined(),
            managerName: managerName)
    }
}
