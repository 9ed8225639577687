import Daemon
import Glibc
import TLS

/// What the agent got when it enrolled, in `etc/tls`: its key and certificate, and the manager's authorities.
struct AgentCredentials: Sendable {
    /// Whom the agent trusts, the oldest first: one, or two while one takes the place of the other.
    let authorities: [Certificate]
    let certificate: Certificate
    let key: PrivateKey

    /// The id that the manager gave the agent: the certificate's subject.
    var agentID: String { certificate.commonName ?? "" }

    /// Loads them, and finishes a renewal that was interrupted between its last two steps.
    static func load(home: Home) throws(TLSError) -> AgentCredentials {
        let key = try PrivateKey(file: home.tls + "/agent-key.pem")
        if let next = try? Certificate(file: nextCertificate(home)), next.belongs(to: key) {
            try move(nextCertificate(home), to: home.tls + "/agent.pem")
        }
        return AgentCredentials(
            authorities: try Certificate.chain(file: home.tls + "/ca.pem"),
            certificate: try Certificate(file: home.tls + "/agent.pem"), key: key)
    }

    /// Writes the three files.
    ///
    /// The certificate comes last: with it the enrollment counts as done.
    func write(to home: Home) throws(TLSError) {
        // What was renewed of an earlier enrollment is worth nothing.
        unlink(Self.nextCertificate(home))
        unlink(Self.nextKey(home))
        try key.write(to: home.tls + "/agent-key.pem")
        try writeAuthorities(to: home)
        try certificate.write(to: home.tls + "/agent.pem")
    }

    /// Writes whom the agent trusts, in one step that outlives a crash.
    func writeAuthorities(to home: Home) throws(TLSError) {
        try Certificate.write(authorities, to: home.tls + "/ca.pem")
    }

    /// The same with other authorities.
    func trusting(_ authorities: [Certificate]) -> AgentCredentials {
        AgentCredentials(authorities: authorities, certificate: certificate, key: key)
    }

    /// Whether the certificate is of the authority that makes certificates now.
    var isOfNewestAuthority: Bool { authorities.last.map(certificate.isSigned) ?? false }

    /// A renewed certificate that no manager has accepted yet; nil when there is none that can be used.
    static func loadNext(home: Home) -> AgentCredentials? {
        guard let certificate = try? Certificate(file: nextCertificate(home)),
            let key = try? PrivateKey(file: nextKey(home)), certificate.belongs(to: key),
            let authorities = try? Certificate.chain(file: home.tls + "/ca.pem")
        else { return nil }
        return AgentCredentials(authorities: authorities, certificate: certificate, key: key)
    }

    /// Writes a renewed pair beside the present one, the certificate last: without it the key is nothing.
    func writeNext(to home: Home) throws(TLSError) {
        unlink(Self.nextCertificate(home))
        try key.write(to: Self.nextKey(home))
        try certificate.write(to: Self.nextCertificate(home))
    }

    /// Puts the renewed pair in the place of the present one, the key first: ``load(home:)`` knows by it what is left to
    /// do.
    static func promoteNext(home: Home) throws(TLSError) {
        try move(nextKey(home), to: home.tls + "/agent-key.pem")
        try move(nextCertificate(home), to: home.tls + "/agent.pem")
    }

    private static func nextCertificate(_ home: Home) -> String { home.tls + "/agent-next.pem" }
    private static func nextKey(_ home: Home) -> String { home.tls + "/agent-next-key.pem" }

    private static func move(_ from: String, to target: String) throws(TLSError) {
        try CredentialFile.move(from, to: target)
    }
}
