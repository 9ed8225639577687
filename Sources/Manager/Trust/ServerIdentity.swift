import Synchronization
package import TLS

/// Who the manager is to its peers: its authorities and its own certificate, which is made anew before it ends.
///
/// Keys of its own certificates are never written: every start makes new ones. Connections that are open keep what they
/// were opened with; each new one asks for ``context``.
package final class ServerIdentity: Sendable {
    private struct State {
        var authorities: Authorities
        var credentials: ServerCredentials
        var context: TLSContext
        var controlContext: TLSContext

        /// - Parameters:
        ///   - predecessor: whose sessions can be resumed.
        init(
            _ authorities: Authorities, showsIssuing: Bool, lifetime: Int64, now: Int64,
            replacing predecessor: TLSContext?
        ) throws(TLSError) {
            let enrollment = try ServerCredentials(of: authorities.enrolling, lifetime: lifetime, now: now)
            let isOther = showsIssuing && authorities.retiring != nil
            self.authorities = authorities
            credentials =
                isOther ? try ServerCredentials(of: authorities.issuing, lifetime: lifetime, now: now) : enrollment
            let shown = try credentials.authority.fingerprint()
            var others: [Certificate] = []
            for authority in authorities.trusted where try authority.fingerprint() != shown { others.append(authority) }
            context = try .server(
                authority: credentials.authority, alsoTrusting: others, certificate: credentials.certificate,
                key: credentials.key, enrollment: isOther ? enrollment : nil, replacing: predecessor)
            // Clients of the API know the authority that hosts know that enroll.
            controlContext = try .controlServer(certificate: enrollment.certificate, key: enrollment.key)
        }

        /// Whether agents are shown a certificate of the authority that makes theirs.
        var showsIssuing: Bool {
            get throws(TLSError) {
                try credentials.authority.fingerprint() == authorities.issuing.certificate.fingerprint()
            }
        }
    }

    /// How long the manager's certificates are good, in seconds.
    private let lifetime: Int64
    private let state: Mutex<State>

    /// - Parameters:
    ///   - lifetime: of its own certificates, in seconds.
    ///   - now: seconds since 1970.
    init(
        _ authorities: Authorities, lifetime: Int64, now: Int64 = CertificateAuthority.currentTime
    ) throws(TLSError) {
        self.lifetime = lifetime
        state = Mutex(
            try State(authorities, showsIssuing: false, lifetime: lifetime, now: now, replacing: nil))
    }

    /// With what to accept the next connection of an agent.
    package var context: TLSContext { state.withLock { $0.context } }

    /// With what to accept the next connection to the control API.
    package var controlContext: TLSContext { state.withLock { $0.controlContext } }

    /// What agents are shown now.
    package var credentials: ServerCredentials { state.withLock { $0.credentials } }

    var authorities: Authorities { state.withLock { $0.authorities } }

    /// Makes the manager's certificate anew when a third or less of its life is left, or when it is to be of another
    /// authority.
    ///
    /// - Parameter canShowIssuing: whether every agent trusts the authority that makes certificates now.
    /// - Returns: whether there is a new one.
    func refresh(
        now: Int64 = CertificateAuthority.currentTime, canShowIssuing: (Authorities) -> Bool
    ) throws(TLSError) -> Bool {
        try state.withLock { state throws(TLSError) in
            let showsIssuing = state.authorities.retiring == nil || canShowIssuing(state.authorities)
            let isDue = state.credentials.certificate.expiresAt - now <= lifetime / 3
            let isOther = try showsIssuing != state.showsIssuing
            guard isDue || isOther else { return false }
            state = try State(
                state.authorities, showsIssuing: showsIssuing, lifetime: lifetime, now: now, replacing: state.context)
            return true
        }
    }

    /// Goes on with other authorities.
    ///
    /// When one is gone no earlier session can be resumed: each agent's certificate is looked at again.
    func change(to authorities: Authorities, now: Int64 = CertificateAuthority.currentTime) throws(TLSError) {
        try state.withLock { state throws(TLSError) in
            state = try State(
                authorities, showsIssuing: false, lifetime: lifetime, now: now,
                replacing: authorities.retiring == nil ? nil : state.context)
        }
    }
}
