import COpenSSL

/// Who is at the other end of a connection, as its session remembers it.
///
/// OpenSSL would keep an agent's certificate in the manager's session, encode it into every ticket and read it back when the
/// ticket is made and when it comes: a fifth of a full connection and a third of a resumed one, and some kilobytes for as
/// long as the connection lives. Nobody looks at the certificate after the handshake, so a manager's session holds a
/// description of it instead, in what OpenSSL calls the ticket's application data.
enum SessionPeer {
    /// Has a server's sessions, and so its tickets, describe the agent instead of holding its certificate.
    ///
    /// - Returns: whether OpenSSL took the settings: 1 or 0.
    static func describeInTickets(of context: OpaquePointer) -> Int32 {
        SSL_CTX_set_cert_verify_callback(
            context,
            { verification, _ in
                guard let verification else { return 0 }
                let result = X509_verify_cert(verification)
                // The connection would keep the chain that was found, for callers that ask for it.
                X509_STORE_CTX_set0_verified_chain(verification, nil)
                return result
            }, nil)
        // Called when the handshake is done and its ticket is about to be made.
        return SSL_CTX_set_session_ticket_cb(
            context,
            { connection, _ in
                guard let connection, let session = SSL_get_session(connection) else { return 0 }
                // A resumed session has the description from its first connection, and no certificate.
                guard SSL_SESSION_get0_peer(session) != nil else { return 1 }
                // A certificate that names nobody stays: it is refused as soon as the handshake is complete.
                guard let peer = try? SessionPeer.certified(of: connection) else { return 1 }
                let description = SessionPeer.encode(peer)
                guard SSL_SESSION_set1_ticket_appdata(session, description, description.count) == 1 else { return 0 }
                return SessionPeer.dropCertificate(of: session) ? 1 : 0
            }, nil, nil)
    }

    /// Who is at the other end of a completed handshake; nil when the peer showed no certificate.
    ///
    /// - Throws: when its certificate is not what it has to be.
    static func of(_ connection: OpaquePointer) throws(TLSError) -> TLSHandshakeCompleted.Peer? {
        var start: UnsafeMutableRawPointer?
        var count = 0
        if let session = SSL_get_session(connection),
            SSL_SESSION_get0_ticket_appdata(session, &start, &count) == 1, count > 0
        {
            return decode(UnsafeRawBufferPointer(start: start, count: count))
        }
        return try certified(of: connection)
    }

    /// Whom the certificate in the session stands for; nil when there is none.
    private static func certified(of connection: OpaquePointer) throws(TLSError) -> TLSHandshakeCompleted.Peer? {
        guard let pointer = SSL_get1_peer_certificate(connection) else { return nil }
        let certificate = Certificate(owning: pointer)
        let verification = SSL_get_verify_result(connection)
        guard verification == X509_V_OK else {
            throw .certificateRejected(reason: String(cString: X509_verify_cert_error_string(verification)))
        }
        guard let commonName = certificate.commonName else {
            throw .certificateRejected(reason: "its subject has not exactly one common name")
        }
        return TLSHandshakeCompleted.Peer(
            commonName: commonName, serial: certificate.serial, fingerprint: try certificate.fingerprint(),
            expiresAt: certificate.expiresAt)
    }

    // MARK: The description

    /// The fingerprint, the end of the certificate's time (eight bytes, the highest first), the length of the serial
    /// number's digits, these and the common name.
    private static func encode(_ peer: TLSHandshakeCompleted.Peer) -> [UInt8] {
        var bytes = peer.fingerprint.bytes
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: peer.expiresAt >> Int64(shift)))
        }
        let serial = Array(peer.serial.utf8)
        bytes.append(UInt8(clamping: serial.count))
        return bytes + serial.prefix(Int(UInt8.max)) + peer.commonName.utf8
    }

    /// Nil for anything that ``encode(_:)`` does not make; nobody else can, without the manager's ticket keys.
    private static func decode(_ bytes: UnsafeRawBufferPointer) -> TLSHandshakeCompleted.Peer? {
        let fixed = Fingerprint.byteCount + 9
        guard bytes.count >= fixed, let fingerprint = Fingerprint(Array(bytes.prefix(Fingerprint.byteCount))) else {
            return nil
        }
        let expiresAt = bytes[Fingerprint.byteCount..<fixed - 1].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let serialEnd = fixed + Int(bytes[fixed - 1])
        guard bytes.count >= serialEnd else { return nil }
        return TLSHandshakeCompleted.Peer(
            commonName: String(decoding: bytes[serialEnd...], as: UTF8.self),
            serial: String(decoding: bytes[fixed..<serialEnd], as: UTF8.self), fingerprint: fingerprint,
            expiresAt: expiresAt)
    }

    // MARK: Without the certificate

    /// The peer's certificate in OpenSSL's encoding of a session: `[3] EXPLICIT`.
    private static let certificateTag: UInt8 = 0xA3

    /// Makes a session one that has no certificate and is otherwise the same.
    ///
    /// There is no call for that; but reading an encoded session into one that exists replaces what it holds, with the
    /// certificate. The session must be nobody else's.
    private static func dropCertificate(of session: OpaquePointer) -> Bool {
        let count = Int(max(i2d_SSL_SESSION(session, nil), 0))
        // It holds the secret of the resumption.
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { whole in
            defer { OPENSSL_cleanse(whole.baseAddress, whole.count) }
            var end = whole.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard Int(i2d_SSL_SESSION(session, &end)) == count,
                let slim = DER.remove(certificateTag, from: whole)
            else { return false }
            var start = UnsafePointer(slim.baseAddress?.assumingMemoryBound(to: UInt8.self))
            var target: OpaquePointer? = session
            return d2i_SSL_SESSION(&target, &start, slim.count) != nil
        }
    }
}
