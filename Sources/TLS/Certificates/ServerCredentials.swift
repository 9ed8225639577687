/// What a manager shows: its certificate, and the authority that vouches for it.
package struct ServerCredentials: Sendable {
    package let authority: Certificate
    package let certificate: Certificate
    package let key: PrivateKey

    /// Makes a new key and a certificate for it.
    ///
    /// It begins when the authority does, for agents whose clock is behind.
    ///
    /// - Parameter lifetime: how long it is good from now on, in seconds.
    package init(
        of authority: CertificateAuthority, lifetime: Int64, now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) {
        self.authority = authority.certificate
        key = try PrivateKey()
        certificate = try authority.issueServerCertificate(for: key, lifetime: lifetime, now: now)
    }
}
