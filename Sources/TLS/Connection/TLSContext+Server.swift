import COpenSSL

extension TLSContext {
    /// Makes the manager's context.
    ///
    /// A client that asks for the agent protocol must show a certificate of `authority` that is good for being a
    /// client; one that asks for nothing but enrollment is not asked for a certificate. A client that asks for
    /// neither is refused.
    ///
    /// - Parameters:
    ///   - others: further authorities whose agents are let in, while one takes the place of another.
    ///   - enrollment: what hosts that enroll are shown instead; nil for the same as agents.
    ///   - predecessor: the context in whose place this one comes; sessions that it gave out can be resumed. Nil for
    ///     none: a resumed session does not look at the agent's certificate again.
    package static func server(
        authority: Certificate, alsoTrusting others: [Certificate] = [], certificate: Certificate, key: PrivateKey,
        enrollment: ServerCredentials? = nil, replacing predecessor: TLSContext? = nil
    ) throws(TLSError) -> TLSContext {
        let context = try TLSContext(
            side: .server, served: ApplicationProtocol.ofAgents, enrollmentCredentials: enrollment)
        try context.use(certificate, key: key)
        // The authority's certificate goes along for agents that enroll: they know only its fingerprint.
        try context.check(edr_SSL_CTX_add1_chain_cert(context.pointer, authority.pointer))
        for authority in [authority] + others { try context.trust(authority) }
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        try context.allowResumption()
        if let predecessor { try context.takeTicketKeys(of: predecessor) }
        context.demandProtocol()
        context.negotiateProtocol()
        return context
    }

    /// Makes the context of the control API: the client shows no certificate, and is known by nothing that TLS knows of.
    ///
    /// A client that offers protocols has to offer HTTP/1.1; one that offers none speaks it.
    package static func controlServer(certificate: Certificate, key: PrivateKey) throws(TLSError) -> TLSContext {
        let context = try TLSContext(side: .server, served: [.http])
        try context.use(certificate, key: key)
        _ = edr_SSL_CTX_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        // No tickets: there is no client certificate that resumption would save.
        try context.check(SSL_CTX_set_num_tickets(context.pointer, 0))
        context.negotiateProtocol()
        return context
    }

    private func allowResumption() throws(TLSError) {
        // Sessions travel in encrypted tickets; the manager remembers nothing. Without a session id context
        // OpenSSL refuses to resume a session that has a client certificate.
        let name = Array("edr-manager".utf8)
        try check(SSL_CTX_set_session_id_context(pointer, name, UInt32(name.count)))
        _ = edr_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
        // A ticket is good for one connection, which brings the next ticket.
        try check(SSL_CTX_set_num_tickets(pointer, 1))
        try check(SessionPeer.describeInTickets(of: pointer))
    }

    private func takeTicketKeys(of predecessor: TLSContext) throws(TLSError) {
        let length = edr_SSL_CTX_get_ticket_keys(predecessor.pointer, nil, 0)
        let keys = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(max(length, 1)), alignment: 1)
        defer {
            OPENSSL_cleanse(keys.baseAddress, keys.count)
            keys.deallocate()
        }
        try check(edr_SSL_CTX_get_ticket_keys(predecessor.pointer, keys.baseAddress, length))
        try check(edr_SSL_CTX_set_ticket_keys(pointer, keys.baseAddress, length))
    }

    /// Refuses clients that offer no protocols at all: an agent's certificate could not be demanded of them.
    private func demandProtocol() {
        SSL_CTX_set_client_hello_cb(
            pointer,
            { connection, alert, _ in
                // Without the extension the callback below would not be called at all.
                var extensionData: UnsafePointer<UInt8>?
                var length = 0
                let found = SSL_client_hello_get0_ext(
                    connection, UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation), &extensionData, &length)
                guard found == 1 else {
                    alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
                    return SSL_CLIENT_HELLO_ERROR
                }
                return SSL_CLIENT_HELLO_SUCCESS
            }, nil)
    }

    private func negotiateProtocol() {
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { connection, output, outputLength, offer, offerLength, _ in
                let offer = UnsafeBufferPointer(start: offer, count: Int(offerLength))
                let served = TLSContext.of(connection)?.served ?? []
                guard let (selected, name) = ApplicationProtocol.select(from: offer, among: served) else {
                    return SSL_TLSEXT_ERR_ALERT_FATAL
                }
                if selected == .enrollment {
                    SSL_set_verify(connection, SSL_VERIFY_NONE, nil)
                    // A session without a client certificate must never be resumed as an agent's.
                    SSL_set_num_tickets(connection, 0)
                    // In TLS 1.3 the certificate is chosen after this.
                    guard TLSContext.showEnrollmentCredentials(over: connection) else {
                        return SSL_TLSEXT_ERR_ALERT_FATAL
                    }
                }
                output?.pointee = offer.baseAddress.map { $0 + name.lowerBound }
                outputLength?.pointee = UInt8(name.count)
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// Shows a host that enrolls what it is to be shown.
    private static func showEnrollmentCredentials(over connection: OpaquePointer?) -> Bool {
        guard let credentials = TLSContext.of(connection)?.enrollmentCredentials else { return true }
        guard let chain = edr_sk_X509_new() else { return false }
        // The connection takes references of its own.
        defer { edr_sk_X509_free(chain) }
        return edr_sk_X509_push(chain, credentials.authority.pointer) > 0
            && SSL_use_cert_and_key(
                connection, credentials.certificate.pointer, credentials.key.pointer, chain, 1) == 1
    }
}
