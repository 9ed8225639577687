import TLS

/// An authority with the certificates of one manager and one agent.
struct Credentials {
    static let agentID = "007"

    let authority: CertificateAuthority
    let serverKey: PrivateKey
    let serverCertificate: Certificate
    let agentKey: PrivateKey
    let agentCertificate: Certificate

    /// - Parameter now: when the certificates are issued, in seconds since 1970.
    init(now: Int64 = CertificateAuthority.currentTime) throws {
        authority = try CertificateAuthority(now: now)
        serverKey = try PrivateKey()
        serverCertificate = try authority.issueServerCertificate(for: serverKey, now: now)
        agentKey = try PrivateKey()
        agentCertificate = try authority.issueAgentCertificate(
            for: CertificateRequest(for: agentKey), agentID: Self.agentID, now: now)
    }

    func serverContext() throws -> TLSContext {
        try .server(authority: authority.certificate, certificate: serverCertificate, key: serverKey)
    }

    func agentContext() throws -> TLSContext {
        try .agent(authority: authority.certificate, certificate: agentCertificate, key: agentKey)
    }

    func enrollmentContext() throws -> TLSContext {
        try .enrollment(authorityFingerprint: authority.certificate.fingerprint())
    }
}
