import Daemon
import Logging
import TLS

/// The manager's certificate authority and its own certificate, made at the first start, in `etc/tls`.
struct ManagerCredentials: Sendable {
    /// A server certificate with less than this many seconds left is replaced at the start.
    private static let renewalMargin: Int64 = 30 * 24 * 3600

    let authority: CertificateAuthority
    let certificate: Certificate
    let key: PrivateKey

    /// Loads what is there and makes what is missing.
    ///
    /// The authority is never replaced: every agent pins it. The server's certificate can be made anew at any time.
    static func loadOrCreate(home: Home, logger: Logger) throws(TLSError) -> ManagerCredentials {
        let authority = try CertificateAuthority.loadOrCreate(directory: home.tls)
        let certificatePath = home.tls + "/manager.pem"
        let keyPath = home.tls + "/manager-key.pem"
        if let certificate = try? Certificate(file: certificatePath), let key = try? PrivateKey(file: keyPath),
            certificate.belongs(to: key),
            certificate.expiresAt - Timestamp.now() / 1000 > renewalMargin
        {
            return ManagerCredentials(authority: authority, certificate: certificate, key: key)
        }
        let key = try PrivateKey()
        let certificate = try authority.issueServerCertificate(for: key)
        try key.write(to: keyPath)
        try certificate.write(to: certificatePath)
        logger.info("Server certificate was made", metadata: .of([.file: certificatePath]))
        return ManagerCredentials(authority: authority, certificate: certificate, key: key)
    }
}
