import Daemon
import Logging
import TLS

/// Gives enrolled agents new certificates in place of those that end.
struct RenewalDesk: Sendable {
    let identity: ServerIdentity
    /// How long certificates are good, in seconds.
    let lifetime: Int64
    let ledger: any Ledger
    let registry: AgentRegistry
    let logger: Logger

    /// Makes a certificate for the key in a request.
    ///
    /// The present one stays good until the agent connects with the new one.
    ///
    /// - Parameter fingerprint: of the certificate with which the agent asks.
    /// - Returns: the certificate in PEM; nil when there is none for this agent, or none at present: the log says why.
    func renew(agent id: String, fingerprint: String, request der: [UInt8]) async -> String? {
        do {
            let authorities = identity.authorities
            let certificate = try authorities.issuing.issueAgentCertificate(
                for: CertificateRequest(der: der), agentID: id, lifetime: lifetime)
            let renewal = CertificateRenewal(
                agentID: id, replaces: fingerprint, serial: certificate.serial,
                fingerprint: try certificate.fingerprint().description, authority: authorities.issuingFingerprint)
            // Refused when the agent was removed or enrolled anew since it connected.
            guard try await ledger.offer(renewal) else { return nil }
            registry.offer(renewal)
            logger.notice("Certificate of an agent was renewed", metadata: .of([.agent: id]))
            return try certificate.pem()
        } catch {
            logger.error("Certificate was not renewed", metadata: .of([.agent: id, .error: "\(error)"]))
            return nil
        }
    }
}
