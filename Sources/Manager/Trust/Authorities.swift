import Daemon
import Glibc
import TLS

/// The manager's certificate authorities: one, or two while one takes the place of the other.
///
/// The files in `etc/tls` say which: `ca.pem` is the only or the old one, `ca-next.pem` is there while a new one is.
struct Authorities: Sendable {
    /// Whose certificates agents get.
    let issuing: CertificateAuthority
    /// The one that is going; nil when there is one alone.
    let retiring: CertificateAuthority?
    /// The fingerprints of ``trusted``, in hexadecimal digits.
    let fingerprints: [String]

    init(issuing: CertificateAuthority, retiring: CertificateAuthority? = nil) throws(TLSError) {
        self.issuing = issuing
        self.retiring = retiring
        var fingerprints: [String] = []
        for authority in [retiring, issuing] {
            guard let authority else { continue }
            fingerprints.append(try authority.certificate.fingerprint().description)
        }
        self.fingerprints = fingerprints
    }

    /// Loads what is there, and makes an authority when there is none.
    ///
    /// What a crash interrupted is finished: a rotation has begun once the new certificate is there, and the old
    /// authority is gone once its key is.
    static func loadOrCreate(home: Home) throws(TLSError) -> Authorities {
        // Earlier versions kept the manager's own certificate, good for ten years.
        unlink(home.tls + "/manager-key.pem")
        unlink(home.tls + "/manager.pem")
        // First, because it may put the new one in the place of the old one.
        let next = try CertificateAuthority.loadNext(directory: home.tls)
        let present = try CertificateAuthority.loadOrCreate(directory: home.tls)
        guard let next else { return try Authorities(issuing: present) }
        return try Authorities(issuing: next, retiring: present)
    }

    /// Who vouches for the manager to hosts that enroll: the one that is longest there, which every valid token names.
    var enrolling: CertificateAuthority { retiring ?? issuing }

    /// Whose certificates are good, the oldest first.
    var trusted: [Certificate] { [retiring, issuing].compactMap { $0?.certificate } }

    /// The fingerprint of ``issuing``.
    var issuingFingerprint: String { fingerprints.last ?? "" }

    /// The fingerprint of ``enrolling``.
    var enrollingFingerprint: String { fingerprints.first ?? "" }
}
