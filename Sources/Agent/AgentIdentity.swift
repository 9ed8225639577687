import Daemon
import Logging
import Synchronization
import TLS

/// What the agent shows to its manager: its certificate, and while it is being renewed the next one.
///
/// The next one lies beside the present one until the manager has accepted it; only then it takes its place. At any
/// moment the files hold a pair that opens the manager's door: the manager too keeps the present one good until the next
/// one was used.
final class AgentIdentity: Sendable {
    private struct Pair {
        let credentials: AgentCredentials
        let context: TLSContext
        /// Whether the certificate is of an authority that is going.
        let isOfOldAuthority: Bool

        init(_ credentials: AgentCredentials) throws(TLSError) {
            self.credentials = credentials
            isOfOldAuthority = !credentials.isOfNewestAuthority
            guard let first = credentials.authorities.first else {
                throw .invalidCredential(kind: "certificate authority", reason: "there is none")
            }
            context = try .agent(
                authority: first, alsoTrusting: Array(credentials.authorities.dropFirst()),
                certificate: credentials.certificate, key: credentials.key)
        }
    }

    private struct State {
        var current: Pair
        var next: Pair?
        /// Whether the next connection is made with the next certificate.
        var triesNext: Bool
        /// The key of the request that was sent last.
        var requestedKey: PrivateKey?
        /// When a renewal may be asked for again, in seconds since 1970.
        var askAgain: Int64 = 0
        /// When a certificate of an authority that is going is to be renewed, in seconds since 1970.
        var moves: Int64 = 0
    }

    /// How many seconds after a request without an answer the next one is sent.
    private static let patience: Int64 = 3600
    /// The longest time over which a manager may spread the renewals of its agents, in seconds.
    private static let longestSpread: UInt64 = 24 * 3600

    private let home: Home
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter credentials: the present ones.
    init(home: Home, credentials: AgentCredentials, logger: Logger) throws(TLSError) {
        self.home = home
        self.logger = logger
        let next: Pair? =
            if let credentials = AgentCredentials.loadNext(home: home) { try Pair(credentials) } else { nil }
        state = Mutex(State(current: try Pair(credentials), next: next, triesNext: next != nil))
    }

    /// With what to connect next.
    var context: TLSContext {
        state.withLock { state in
            if state.triesNext, let next = state.next { next.context } else { state.current.context }
        }
    }

    /// The request for a new certificate, when a third or less of the present one's life is left, or its authority is
    /// going.
    ///
    /// - Parameter now: seconds since 1970.
    func renewalRequest(now: Int64 = CertificateAuthority.currentTime) -> [UInt8]? {
        state.withLock { state in
            // While the next one is tried there is nothing to ask for.
            guard state.next == nil || !state.triesNext else { return nil }
            let certificate = state.current.credentials.certificate
            let isEnding = certificate.expiresAt - now <= (certificate.expiresAt - certificate.beginsAt) / 3
            let isDue = isEnding || (state.current.isOfOldAuthority && now >= state.moves)
            guard isDue, now >= state.askAgain else { return nil }
            state.askAgain = now + Self.patience
            do throws(TLSError) {
                let key = try PrivateKey()
                state.requestedKey = key
                return try CertificateRequest(for: key).der()
            } catch {
                logger.error("Certificate cannot be renewed", metadata: .of([.error: error]))
                return nil
            }
        }
    }

    /// Takes the answer to ``renewalRequest(now:)`` and keeps it beside the present certificate.
    ///
    /// - Returns: whether there is a new certificate to connect with.
    func take(certificate pem: String) -> Bool {
        state.withLock { state in
            guard let key = state.requestedKey else { return false }
            state.requestedKey = nil
            let current = state.current.credentials
            do throws(TLSError) {
                let next = AgentCredentials(
                    authorities: current.authorities, certificate: try .init(pem: pem), key: key)
                let isBetter =
                    next.certificate.expiresAt > current.certificate.expiresAt
                    || (state.current.isOfOldAuthority && next.isOfNewestAuthority)
                guard next.certificate.belongs(to: key), next.agentID == current.agentID, isBetter else {
                    logger.error("The manager's new certificate is not for this agent and is left out")
                    return false
                }
                try next.writeNext(to: home)
                state.next = try Pair(next)
                state.triesNext = true
                state.askAgain = 0
                logger.notice("Certificate was renewed")
                return true
            } catch {
                logger.error("Certificate was not renewed", metadata: .of([.error: error]))
                return false
            }
        }
    }

    /// Takes over whom the manager says to trust from now on: into the file first.
    ///
    /// - Parameters:
    ///   - authorities: certificates in DER, the oldest first.
    ///   - seconds: a certificate of another authority than the last one is renewed within them, at a random time: all
    ///     agents are told at once.
    /// - Returns: the fingerprints of those that are trusted now; nil when they could not be taken over.
    func trust(
        _ authorities: [[UInt8]], renewWithin seconds: UInt64, now: Int64 = CertificateAuthority.currentTime
    ) -> [[UInt8]]? {
        state.withLock { state in
            do throws(TLSError) {
                var (trusted, fingerprints): ([Certificate], [[UInt8]]) = ([], [])
                for der in authorities {
                    let certificate = try Certificate(der: der)
                    trusted.append(certificate)
                    fingerprints.append(try certificate.fingerprint().bytes)
                }
                var former: [[UInt8]] = []
                for authority in state.current.credentials.authorities {
                    former.append(try authority.fingerprint().bytes)
                }
                guard fingerprints != former else { return fingerprints }
                let current = try Pair(state.current.credentials.trusting(trusted))
                let next: Pair? = if let next = state.next { try Pair(next.credentials.trusting(trusted)) } else { nil }
                try current.credentials.writeAuthorities(to: home)
                (state.current, state.next) = (current, next)
                state.moves = now + Int64.random(in: 0...Int64(min(seconds, Self.longestSpread)))
                logger.notice(
                    "Manager's certificate authorities were taken over", metadata: .of([.count: trusted.count]))
                return fingerprints
            } catch {
                logger.error("Manager's certificate authorities were not taken over", metadata: .of([.error: error]))
                return nil
            }
        }
    }

    /// The manager has accepted what was shown.
    func accepted(_ context: TLSContext) {
        state.withLock { state in
            // A request that an earlier link took along is not answered any more.
            state.askAgain = 0
            guard let next = state.next, next.context === context else { return }
            do throws(TLSError) {
                try AgentCredentials.promoteNext(home: home)
                state.current = next
                state.next = nil
            } catch {
                // The next start, or the next connection, tries again.
                logger.error("Renewed certificate was not put in its place", metadata: .of([.error: error]))
            }
        }
    }

    /// The manager has not accepted what was shown: the other one is tried, if there are two.
    func notAccepted(_ context: TLSContext) {
        state.withLock { state in
            if let next = state.next { state.triesNext = next.context !== context }
        }
    }
}
