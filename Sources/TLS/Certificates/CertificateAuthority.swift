import Glibc

/// The manager's own certificate authority: the root of all trust between manager and agents.
package final class CertificateAuthority: Sendable {
    /// The DNS name in every manager's certificate, for which agents ask whatever address they dial.
    package static let serverName = "edr-manager"

    private static let commonName = "edr-manager CA"
    /// How many seconds the authority's own certificate is good.
    package static let longestLifetime: Int64 = 10 * 365 * 24 * 3600 + 2 * 24 * 3600
    /// Certificates begin this many seconds in the past, for peers whose clock is behind.
    private static let backdating: Int64 = 300

    /// The authority's certificate, which agents pin.
    package let certificate: Certificate
    private let key: PrivateKey

    /// Makes a new authority with a self-signed certificate of ten years.
    ///
    /// - Parameter now: seconds since 1970.
    package init(now: Int64 = CertificateAuthority.currentTime) throws(TLSError) {
        key = try PrivateKey()
        certificate = try CertificateProfile.authority.certificate(
            subject: Self.commonName, publicKey: key.pointer,
            validity: now - Self.backdating...now + Self.longestLifetime, issuer: nil, signedBy: key)
    }

    /// Loads the authority from `ca.pem` and `ca-key.pem` in a directory.
    package init(directory: String) throws(TLSError) {
        certificate = try Certificate(file: Self.certificatePath(in: directory))
        key = try PrivateKey(file: Self.keyPath(in: directory))
        guard certificate.belongs(to: key) else {
            throw .invalidCredential(
                kind: "certificate authority", reason: "ca.pem and ca-key.pem in \"\(directory)\" do not match")
        }
    }

    /// Loads the authority from a directory, or makes one there when the directory has neither of its files.
    ///
    /// - Throws: also when only one of the files is there: a new authority would lock every agent out.
    package static func loadOrCreate(
        directory: String, now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) -> CertificateAuthority {
        guard access(certificatePath(in: directory), F_OK) != 0, errno == ENOENT,
            access(keyPath(in: directory), F_OK) != 0, errno == ENOENT
        else { return try CertificateAuthority(directory: directory) }
        let authority = try CertificateAuthority(now: now)
        try authority.write(to: directory)
        return authority
    }

    /// Writes `ca.pem` and `ca-key.pem` to a directory, which must exist.
    package func write(to directory: String) throws(TLSError) {
        try key.write(to: Self.keyPath(in: directory))
        try certificate.write(to: Self.certificatePath(in: directory))
    }

    /// Issues a manager's certificate for ``serverName`` and, beside it, the given DNS names and IP addresses.
    ///
    /// - Throws: `invalidName` for a text that is no DNS name or no IP address.
    package func issueServerCertificate(
        for key: PrivateKey, names: [String] = [], addresses: [String] = [],
        now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) -> Certificate {
        let names = [Self.serverName] + names.filter { $0 != Self.serverName }
        return try issue(
            .server(names: names, addresses: addresses), subject: Self.serverName, publicKey: key.pointer, now: now)
    }

    /// Issues an agent's certificate for the key in a request.
    ///
    /// Of the request only the key is used: whatever name or right it asks for, the certificate names `agentID`
    /// and is good for being an agent.
    ///
    /// - Throws: `invalidCredential` when the request is not signed by its own key or the key is not on P-256;
    ///   `invalidName` when the id is empty, longer than 64 bytes or has control characters.
    /// - Parameter lifetime: how long it is good, in seconds.
    package func issueAgentCertificate(
        for request: CertificateRequest, agentID: String, lifetime: Int64 = CertificateAuthority.longestLifetime,
        now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) -> Certificate {
        let publicKey = try request.verifiedPublicKey()
        // The public key belongs to the request, which must live until the certificate has its copy.
        return try withExtendedLifetime(request) { () throws(TLSError) in
            try issue(.agent, subject: agentID, publicKey: publicKey, lifetime: lifetime, now: now)
        }
    }

    private func issue(
        _ profile: CertificateProfile, subject: String, publicKey: OpaquePointer,
        lifetime: Int64 = CertificateAuthority.longestLifetime, now: Int64
    ) throws(TLSError) -> Certificate {
        // No certificate outlives the authority that vouches for it.
        let first = now - Self.backdating
        let last = max(first, min(now + lifetime, certificate.expiresAt))
        return try profile.certificate(
            subject: subject, publicKey: publicKey, validity: first...last, issuer: certificate, signedBy: key)
    }

    /// The wall clock in seconds since 1970.
    package static var currentTime: Int64 { Int64(time(nil)) }

    private static func certificatePath(in directory: String) -> String { directory + "/ca.pem" }
    private static func keyPath(in directory: String) -> String { directory + "/ca-key.pem" }
}
