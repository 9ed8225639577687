import COpenSSL

extension TLSContext {
    /// Makes an agent's context: it shows `certificate` and accepts only a manager whose certificate is of
    /// `authority`, stands for ``CertificateAuthority/serverName`` and is good for being a server.
    ///
    /// - Parameter others: further authorities that are as good, while one takes the place of another.
    package static func agent(
        authority: Certificate, alsoTrusting others: [Certificate] = [], certificate: Certificate, key: PrivateKey
    ) throws(TLSError) -> TLSContext {
        let context = try TLSContext(side: .client)
        try context.use(certificate, key: key)
        for authority in [authority] + others { try context.trust(authority) }
        try context.connect(as: .agent)
        // Only the callback is called for every ticket. Fetching the session after the handshake misses those
        // that arrive later, which in TLS 1.3 is all of them.
        _ = edr_SSL_CTX_set_session_cache_mode(
            context.pointer, Int(SSL_SESS_CACHE_CLIENT) | Int(SSL_SESS_CACHE_NO_INTERNAL))
        SSL_CTX_sess_set_new_cb(context.pointer) { connection, session in
            guard let session, let context = TLSContext.of(connection) else { return 0 }
            context.session.store(TLSSession(owning: session))
            return 1
        }
        return context
    }

    /// Makes the context with which an agent enrolls: it has no certificate yet, and of the manager's authority
    /// it knows only the fingerprint, from its token.
    ///
    /// Trust is built on exactly that authority's certificate, which the manager sends along.
    package static func enrollment(authorityFingerprint: Fingerprint) throws(TLSError) -> TLSContext {
        let context = try TLSContext(side: .client, expectedAuthority: authorityFingerprint)
        try context.connect(as: .enrollment)
        _ = edr_SSL_CTX_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        SSL_CTX_set_cert_verify_callback(
            context.pointer,
            { verification, _ in
                guard let verification else { return 0 }
                return TLSContext.verifyAgainstExpectedAuthority(verification) ? 1 : 0
            }, nil)
        return context
    }

    /// Makes the context with which the control API is asked: it shows no certificate, and accepts only a manager as an
    /// agent does, whatever address is dialled.
    ///
    /// - Parameter authorities: those whom it trusts; several while the manager changes from one to the next.
    package static func controlClient(authorities: [Certificate]) throws(TLSError) -> TLSContext {
        let context = try TLSContext(side: .client)
        for authority in authorities { try context.trust(authority) }
        try context.connect(as: .http)
        _ = edr_SSL_CTX_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        return context
    }

    func connect(as applicationProtocol: ApplicationProtocol) throws(TLSError) {
        let offer = applicationProtocol.encoded
        // Alone among its kind, this function returns 0 for success.
        guard SSL_CTX_set_alpn_protos(pointer, offer, UInt32(offer.count)) == 0 else {
            throw ErrorQueue.failure(of: "set up a TLS context")
        }
        let parameters = SSL_CTX_get0_param(pointer)
        // Only the alternative names count: a common name "edr-manager" may be an agent's id.
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NO_WILDCARDS) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        let name = CertificateAuthority.serverName
        try check(X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count))
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    }

    /// Verifies the manager's chain with the one certificate in it that has the expected fingerprint as the only
    /// trusted one.
    ///
    /// Name and purpose are checked as for any connection: OpenSSL has put them into `verification`.
    private static func verifyAgainstExpectedAuthority(_ verification: OpaquePointer) -> Bool {
        let connection = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx())
        guard let connection, let context = TLSContext.of(OpaquePointer(connection)),
            let expected = context.expectedAuthority,
            let authority = certificate(in: X509_STORE_CTX_get0_untrusted(verification), with: expected),
            let trusted = edr_sk_X509_new()
        else {
            X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION)
            return false
        }
        // The list borrows the certificate from the chain, which outlives this call; `verification` must not
        // keep the list.
        defer {
            X509_STORE_CTX_set0_trusted_stack(verification, nil)
            edr_sk_X509_free(trusted)
        }
        guard edr_sk_X509_push(trusted, authority) > 0 else {
            X509_STORE_CTX_set_error(verification, X509_V_ERR_OUT_OF_MEM)
            return false
        }
        X509_STORE_CTX_set0_trusted_stack(verification, trusted)
        return X509_verify_cert(verification) == 1
    }

    private static func certificate(in chain: OpaquePointer?, with fingerprint: Fingerprint) -> OpaquePointer? {
        for index in 0..<max(edr_sk_X509_num(chain), 0) {
            guard let pointer = edr_sk_X509_value(chain, index), X509_up_ref(pointer) == 1 else { continue }
            let certificate = Certificate(owning: pointer)
            if (try? certificate.fingerprint()) == fingerprint { return pointer }
        }
        return nil
    }
}
