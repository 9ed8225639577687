import COpenSSL

/// The settings that all connections of one kind share: certificates, whom to trust, what to demand.
///
/// Only TLS 1.3 is spoken. The kinds are made by `server(…)`, `agent(…)` and `enrollment(…)`, and for the control API by
/// `controlServer(…)` and `controlClient(…)`.
package final class TLSContext: Sendable {
    /// Which side of a connection is ours.
    enum Side {
        case client, server
    }

    // Safe to share: the context is changed only by the functions that make it, before they return it; after
    // that OpenSSL only counts references to it and draws session ids and ticket keys under its own lock.
    nonisolated(unsafe) let pointer: OpaquePointer
    let side: Side
    /// What a server serves, the strictest first.
    let served: [ApplicationProtocol]
    /// For an enrollment: the only certificate authority that the peer's chain may end in.
    let expectedAuthority: Fingerprint?
    /// For a server: what it shows to hosts that enroll, when that is not what it shows to agents.
    let enrollmentCredentials: ServerCredentials?
    /// For a client: the session to resume at the next connection.
    let session = SessionStore()

    /// Makes a context with the settings that all kinds have.
    init(
        side: Side, served: [ApplicationProtocol] = [], expectedAuthority: Fingerprint? = nil,
        enrollmentCredentials: ServerCredentials? = nil
    ) throws(TLSError) {
        ErrorQueue.clear()
        pointer = try ErrorQueue.check(
            SSL_CTX_new(side == .server ? TLS_server_method() : TLS_client_method()), "make a TLS context")
        self.side = side
        self.served = served
        self.expectedAuthority = expectedAuthority
        self.enrollmentCredentials = enrollmentCredentials
        // The system's openssl.cnf may ask for other versions; both bounds are set so that it has no say.
        try check(edr_SSL_CTX_set_min_proto_version(pointer, TLS1_3_VERSION))
        try check(edr_SSL_CTX_set_max_proto_version(pointer, TLS1_3_VERSION))
        // All are TLS 1.3's own. The first costs least: its hash, which every step of a handshake needs, is one that processors
        // have instructions for, and its strength is that of the curves and certificates.
        try check(
            SSL_CTX_set_ciphersuites(
                pointer, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"))
        // What all our certificates are signed with; naming the others takes time in every handshake.
        try check(edr_SSL_CTX_set1_sigalgs_list(pointer, "ECDSA+SHA256"))
        // RELEASE_BUFFERS saves 34 kB an idle connection. NO_AUTO_CHAIN keeps OpenSSL from building the chain to
        // send anew at every handshake.
        _ = edr_SSL_CTX_set_mode(pointer, Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_NO_AUTO_CHAIN))
        // Our chains have two certificates of half a kilobyte. The default of 100 kB would be a gift to anyone
        // who wants to keep the manager busy before it knows who they are.
        _ = edr_SSL_CTX_set_max_cert_list(pointer, 16 * 1024)
        // RFC 5280 to the letter. The certificates are ours, so nobody needs leniency.
        try check(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(pointer), UInt(X509_V_FLAG_X509_STRICT)))
        // Unretained, because every connection keeps its context alive and callbacks come only from connections.
        try check(edr_SSL_CTX_set_app_data(pointer, Unmanaged.passUnretained(self).toOpaque()))
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// The context that a callback is about.
    ///
    /// Nil when it is not one of ours, which cannot be.
    static func of(_ connection: OpaquePointer?) -> TLSContext? {
        guard let data = edr_SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)) else { return nil }
        return Unmanaged<TLSContext>.fromOpaque(data).takeUnretainedValue()
    }

    func check(_ result: Int32) throws(TLSError) {
        try ErrorQueue.check(result, "set up a TLS context")
    }

    /// Shows `certificate` to peers.
    func use(_ certificate: Certificate, key: PrivateKey) throws(TLSError) {
        guard certificate.belongs(to: key) else {
            throw .invalidCredential(kind: "certificate", reason: "the private key is not the certificate's")
        }
        try check(SSL_CTX_use_certificate(pointer, certificate.pointer))
        try check(SSL_CTX_use_PrivateKey(pointer, key.pointer))
    }

    /// Trusts `authority` too.
    ///
    /// Nobody else is trusted: the system's own list is never loaded.
    func trust(_ authority: Certificate) throws(TLSError) {
        try check(X509_STORE_add_cert(SSL_CTX_get_cert_store(pointer), authority.pointer))
    }
}
