import COpenSSL
import Synchronization

/// A session that a client can resume.
final class TLSSession: Sendable {
    // Safe to share: nothing changes the session after OpenSSL handed it over, and its references are counted
    // atomically.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes over one reference to an `SSL_SESSION`.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        SSL_SESSION_free(pointer)
    }
}

/// The latest session of a client.
///
/// One is enough: an agent has one connection at a time.
final class SessionStore: Sendable {
    private let latest = Mutex<TLSSession?>(nil)

    func store(_ session: TLSSession) {
        latest.withLock { $0 = session }
    }

    /// Takes the session out: a ticket that is used twice would let an observer link the connections
    /// (RFC 8446, appendix C.4).
    func take() -> TLSSession? {
        latest.withLock { latest in
            defer { latest = nil }
            return latest
        }
    }
}
