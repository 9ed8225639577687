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
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - predecessor: the authority in whose place this one comes. The new one begins when that one did: for an
    ///     agent whose clock is behind it is good as well.
    package init(
        now: Int64 = CertificateAuthority.currentTime, replacing predecessor: Certificate? = nil
    ) throws(TLSError) {
        key = try PrivateKey()
        certificate = try CertificateProfile.authority.certificate(
            subject: Self.commonName, publicKey: key.pointer,
            validity: (predecessor?.beginsAt ?? now - Self.backdating)...now + Self.longestLifetime, issuer: nil,
            signedBy: key)
    }

    /// Loads the authority from `ca.pem` and `ca-key.pem` in a directory.
    package convenience init(directory: String) throws(TLSError) {
        try self.init(directory: directory, name: Self.fileName)
    }

    /// Loads the authority from `NAME.pem` and `NAME-key.pem`.
    private init(directory: String, name: String) throws(TLSError) {
        certificate = try Certificate(file: Self.certificatePath(in: directory, name))
        key = try PrivateKey(file: Self.keyPath(in: directory, name))
        guard certificate.belongs(to: key) else {
            throw .invalidCredential(
                kind: "certificate authority",
                reason: "\(name).pem and \(name)-key.pem in \"\(directory)\" do not match")
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
    /// It begins when the authority does, for agents whose clock is behind.
    ///
    /// - Parameter lifetime: how long it is good from `now` on, in seconds.
    /// - Throws: `invalidName` for a text that is no DNS name or no IP address.
    package func issueServerCertificate(
        for key: PrivateKey, names: [String] = [], addresses: [String] = [],
        lifetime: Int64 = CertificateAuthority.longestLifetime, now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) -> Certificate {
        let names = [Self.serverName] + names.filter { $0 != Self.serverName }
        return try issue(
            .server(names: names, addresses: addresses), subject: Self.serverName, publicKey: key.pointer,
            since: certificate.beginsAt, lifetime: lifetime, now: now)
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
            try issue(
                .agent, subject: agentID, publicKey: publicKey, since: now - Self.backdating, lifetime: lifetime,
                now: now)
        }
    }

    private func issue(
        _ profile: CertificateProfile, subject: String, publicKey: OpaquePointer, since first: Int64,
        lifetime: Int64, now: Int64
    ) throws(TLSError) -> Certificate {
        // No certificate outlives the authority that vouches for it.
        let last = max(first, min(now + lifetime, certificate.expiresAt))
        return try profile.certificate(
            subject: subject, publicKey: publicKey, validity: first...last, issuer: certificate, signedBy: key)
    }

    // MARK: The next authority, beside the present one

    /// Loads the authority that is to take the place of the present one, and finishes the change when a crash
    /// interrupted it.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: when there is one that cannot be used: agents may have been told to trust it.
    package static func loadNext(directory: String) throws(TLSError) -> CertificateAuthority? {
        let (certificate, key) = (certificatePath(in: directory, nextName), keyPath(in: directory, nextName))
        guard access(certificate, F_OK) == 0 || errno != ENOENT else {
            // A key without a certificate is of a rotation that did not begin.
            unlink(key)
            return nil
        }
        if access(key, F_OK) != 0, errno == ENOENT,
            try Certificate(file: certificate).belongs(to: PrivateKey(file: keyPath(in: directory)))
        {
            try CredentialFile.move(certificate, to: certificatePath(in: directory))
            return nil
        }
        return try CertificateAuthority(directory: directory, name: nextName)
    }

    /// Writes the authority's key as that of the next one, which is nothing before ``writeNext(to:)``.
    package func writeNextKey(to directory: String) throws(TLSError) {
        try key.write(to: Self.keyPath(in: directory, Self.nextName))
    }

    /// Makes the authority the next one, by its certificate: in one step that outlives a crash.
    package func writeNext(to directory: String) throws(TLSError) {
        try certificate.write(to: Self.certificatePath(in: directory, Self.nextName))
    }

    /// Puts the next authority in the place of the present one, whose key is gone then.
    ///
    /// The key comes first: ``loadNext(directory:)`` knows by it what is left to do.
    package static func promoteNext(directory: String) throws(TLSError) {
        try CredentialFile.move(keyPath(in: directory, nextName), to: keyPath(in: directory))
        try CredentialFile.move(certificatePath(in: directory, nextName), to: certificatePath(in: directory))
    }

    /// The wall clock in seconds since 1970.
    package static var currentTime: Int64 { Int64(time(nil)) }

    private static let fileName = "ca"
    private static let nextName = "ca-next"
    private static func certificatePath(in directory: String, _ name: String = fileName) -> String {
        "\(directory)/\(name).pem"
    }
    private static func keyPath(in directory: String, _ name: String = fileName) -> String {
        "\(directory)/\(name)-key.pem"
    }
}
