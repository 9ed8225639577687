import COpenSSL
import NIOCore

/// One TLS connection between two memory BIOs: encrypted bytes go in and come out, nothing here does I/O.
///
/// It may be used from one thread at a time: the channel's event loop. After any error the connection is dead:
/// only ``takeOutput(allocator:)`` may be called, to send the alert for the peer.
final class TLSConnection {
    /// What ``read(into:limit:)`` found.
    enum ReadResult {
        /// There are bytes, and there may be more.
        case bytes
        /// Nothing more can be read until more is received.
        case needsMore
        /// The peer has sent `close_notify`: it will send nothing more.
        case closed
        /// The connection broke after the bytes that were read.
        case failed(TLSError)
    }

    /// A buffer larger than this many bytes is given back once it is empty.
    ///
    /// It holds the usual messages.
    private static let retainedCapacity = 4096
    /// Plaintext is read in steps of at least this many bytes.
    private static let minimumReadCapacity = 1024

    private let context: TLSContext
    let ssl: OpaquePointer
    // Owned by `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer

    init(context: TLSContext) throws(TLSError) {
        ErrorQueue.clear()
        let operation = "make a TLS connection"
        let ssl = try ErrorQueue.check(SSL_new(context.pointer), operation)
        guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw ErrorQueue.failure(of: operation)
        }
        SSL_set_bio(ssl, input, output)
        self.context = context
        self.ssl = ssl
        self.input = input
        self.output = output
        switch context.side {
        case .server:
            SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            if let session = context.session.take() { SSL_set_session(ssl, session.pointer) }
        }
    }

    deinit {
        SSL_free(ssl)
    }

    /// Takes in encrypted bytes from the peer.
    func receive(_ bytes: ByteBuffer) throws(TLSError) {
        ErrorQueue.clear()
        let count = bytes.readableBytes
        guard count > 0 else { return }
        let written = bytes.withUnsafeReadableBytes { BIO_write(input, $0.baseAddress, Int32(clamping: $0.count)) }
        guard Int(written) == count else { throw ErrorQueue.failure(of: "store received bytes") }
    }

    /// Goes on with the handshake as far as what was received allows.
    ///
    /// - Returns: whether the handshake is done.
    func handshake() throws(TLSError) -> Bool {
        ErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        defer { giveBackInput() }
        guard result != 1 else { return true }
        guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else { throw handshakeError() }
        return false
    }

    /// What the handshake found out.
    ///
    /// Call it once, when the handshake is done.
    ///
    /// - Throws: when the peer did not agree on a protocol, or showed no certificate where one is demanded.
    func completion() throws(TLSError) -> TLSHandshakeCompleted {
        var start: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &start, &length)
        let name = UnsafeBufferPointer(start: start, count: Int(length))
        // Whoever offers no protocol speaks HTTP/1.1, where that is served.
        let isPlainHTTP = length == 0 && context.served == [.http]
        let selected = isPlainHTTP ? .http : ApplicationProtocol(rawValue: String(decoding: name, as: UTF8.self))
        guard let applicationProtocol = selected else {
            throw .handshakeFailed(reason: "the peer speaks no protocol of ours; is it an edr-manager?")
        }
        let peer = try SessionPeer.of(ssl)
        // OpenSSL demands the certificate in a full handshake. In a resumed one it is the session's, so a session
        // that has none must not get through.
        guard peer != nil || (context.side == .server && applicationProtocol != .agent) else {
            throw .certificateRejected(reason: "the peer showed no certificate")
        }
        return TLSHandshakeCompleted(
            applicationProtocol: applicationProtocol, peer: peer, isResumed: SSL_session_reused(ssl) == 1)
    }

    /// Appends decrypted bytes to `buffer` until it has `limit` bytes or more, or nothing is left.
    func read(into buffer: inout ByteBuffer, limit: Int) -> ReadResult {
        while buffer.readableBytes < limit {
            ErrorQueue.clear()
            var result: Int32 = 0
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.minimumReadCapacity) { space in
                var count = 0
                result = SSL_read_ex(ssl, space.baseAddress, space.count, &count)
                return result == 1 ? count : 0
            }
            guard result != 1 else { continue }
            defer { giveBackInput() }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: return .needsMore
            case SSL_ERROR_ZERO_RETURN: return .closed
            default: return .failed(.connectionFailed(reason: ErrorQueue.takeReason()))
            }
        }
        return .bytes
    }

    /// How many received bytes wait to be decrypted, at least.
    var inputCount: Int { Int(edr_BIO_pending(input)) }

    /// Encrypts `bytes`; the result is in the output.
    func write(_ bytes: ByteBuffer) throws(TLSError) {
        guard bytes.readableBytes > 0 else { return }
        ErrorQueue.clear()
        var count = 0
        let result = bytes.withUnsafeReadableBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &count) }
        // A memory BIO takes everything, so this writes all or fails.
        guard result == 1, count == bytes.readableBytes else {
            throw .connectionFailed(reason: ErrorQueue.takeReason())
        }
    }

    /// Tells the peer that nothing more will be sent.
    ///
    /// The peer's own bytes can still be read.
    func sendCloseNotify() {
        ErrorQueue.clear()
        _ = SSL_shutdown(ssl)
        ErrorQueue.clear()
    }

    /// How many encrypted bytes wait to be sent.
    var outputCount: Int { Int(edr_BIO_pending(output)) }

    /// Takes the encrypted bytes for the peer out; nil when there are none.
    func takeOutput(allocator: ByteBufferAllocator) -> ByteBuffer? {
        let count = outputCount
        guard count > 0 else { return nil }
        var buffer = allocator.buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(Int(BIO_read(output, space.baseAddress, Int32(clamping: count))), 0)
        }
        giveBack(output)
        return buffer
    }

    private func giveBackInput() {
        giveBack(input)
    }

    /// Frees the memory of a grown BIO.
    ///
    /// Its buffer would otherwise keep the size of the largest burst for as long as the connection lives.
    private func giveBack(_ bio: OpaquePointer) {
        guard edr_BIO_mem_capacity(bio) > Self.retainedCapacity, edr_BIO_pending(bio) == 0 else { return }
        _ = edr_BIO_replace_mem_buffer(bio)
    }

    private func handshakeError() -> TLSError {
        let reason = ErrorQueue.takeReason()
        let verification = SSL_get_verify_result(ssl)
        switch Int32(truncatingIfNeeded: verification) {
        case X509_V_OK:
            // What OpenSSL says when our look at the client's first message refused it, or no protocol fits.
            let isOtherProtocol =
                context.served.contains(.agent) && ["callback failed", "no application protocol"].contains(reason)
            return .handshakeFailed(
                reason: isOtherProtocol
                    ? "the client does not speak this protocol (it asks for none of ours by ALPN); is it an edr-agent?"
                    : reason)
        case X509_V_ERR_APPLICATION_VERIFICATION:
            return .certificateRejected(
                reason: "no certificate authority with the token's fingerprint vouches for it")
        default:
            return .certificateRejected(reason: String(cString: X509_verify_cert_error_string(verification)))
        }
    }
}
