import Glibc

/// What can go wrong with certificates, keys and TLS connections.
///
/// Texts from OpenSSL are kept as they are, because they are what an administrator finds in a search.
package enum TLSError: Error, Equatable, CustomStringConvertible {
    /// OpenSSL refused an operation that should have worked: memory is short or the library is misconfigured.
    case library(operation: String, reason: String)
    /// Text or bytes that should hold a certificate, a request or a key do not, or hold an unsuitable one.
    case invalidCredential(kind: String, reason: String)
    /// A name or address cannot stand in a certificate.
    case invalidName(String)
    /// A file could not be read or written.
    case file(path: String, operation: String, errno: Int32)
    /// The file of a private key or token can be read or replaced by others, so the secret may be known to them.
    case unsafeFile(path: String, reason: String)
    /// The peer's certificate is not one that this side accepts.
    case certificateRejected(reason: String)
    /// The handshake failed for another reason: no certificate, no common protocol, bytes that are not TLS.
    case handshakeFailed(reason: String)
    /// The handshake did not finish in time.
    case handshakeTimeout
    /// The peer closed the connection before the handshake was done.
    case closedDuringHandshake
    /// An established connection broke: damaged records, or the peer refused by an alert. In TLS 1.3 a client's
    /// certificate is judged after the client's own handshake is done, so a refused agent sees this one.
    case connectionFailed(reason: String)
    /// The connection ended without `close_notify`: what was received may not be all that was sent.
    case truncated
    /// The connection is closed, or closed for writing.
    case closed
    /// Too much was written before the handshake was done. Wait for ``TLSHandshakeCompleted`` before writing.
    case writeBufferFull(limit: Int)
    /// The peer keeps asking for new keys and does not read the answers.
    case unread(limit: Int)

    package var description: String {
        switch self {
        case .library(let operation, let reason): "OpenSSL could not \(operation): \(reason)"
        case .invalidCredential(let kind, let reason): "this is not a usable \(kind): \(reason)"
        case .invalidName(let name): "\"\(name)\" cannot stand in a certificate"
        case .file(let path, let operation, let errno):
            "could not \(operation) \"\(path)\": \(String(cString: strerror(errno)))"
        case .unsafeFile(let path, let reason): "the secret in \"\(path)\" is not safe: \(reason)"
        case .certificateRejected(let reason): "the peer's certificate was rejected: \(reason)"
        case .handshakeFailed(let reason): "the TLS handshake failed: \(reason)"
        case .handshakeTimeout: "the TLS handshake did not finish in time"
        case .closedDuringHandshake: "the peer closed the connection during the TLS handshake"
        case .connectionFailed(let reason): "the TLS connection failed: \(reason)"
        case .truncated: "the connection ended without a TLS close_notify"
        case .closed: "the TLS connection is closed"
        case .writeBufferFull(let limit): "more than \(limit) bytes were written before the TLS handshake was done"
        case .unread(let limit): "the peer has not read \(limit) bytes of answers to its requests for new keys"
        }
    }
}
