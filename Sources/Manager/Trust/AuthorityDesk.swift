import AgentProtocol
import Daemon
import Logging
import Synchronization
import TLS

/// Puts a new certificate authority in the place of the old one, without an agent that stands outside in between.
///
/// While there are two, the manager trusts both, tells every agent to do so, and has agents renew their certificates with
/// the new one. It shows a certificate of the old one until every enrolled agent has confirmed that it trusts the new
/// one.
final class AuthorityDesk: Sendable {
    /// Why something is not done, for whoever asked for it.
    struct Refusal: Error {
        let message: String
        var details: [String] = []
    }

    /// Who still depends on the authority that is going.
    struct Dependants: Sendable {
        /// Agents that have not confirmed that they trust the new one.
        var withoutTrust: [AgentRecord] = []
        /// Agents whose certificate is not of the new one.
        var withOldCertificate: [AgentRecord] = []
    }

    /// What ending a rotation led to.
    struct Retirement: Sendable {
        /// Agents that have to be enrolled anew.
        let lockedOut: [AgentRecord]
        /// How many enrollment tokens were taken back.
        let revokedTokens: Int
    }

    /// How many agents a second are to have their certificates renewed at most.
    private static let renewalsPerSecond = 10

    private let home: Home
    let identity: ServerIdentity
    private let registry: AgentRegistry
    private let ledger: any Ledger
    private let dispatcher: Dispatcher
    private let logger: Logger
    private let links = Mutex<[String: RemoteLink]>([:])
    private let isBusy = Mutex(false)

    init(
        home: Home, identity: ServerIdentity, registry: AgentRegistry, ledger: any Ledger, dispatcher: Dispatcher,
        logger: Logger
    ) {
        self.home = home
        self.identity = identity
        self.registry = registry
        self.ledger = ledger
        self.dispatcher = dispatcher
        self.logger = logger
        refresh()
    }

    // MARK: The manager's own certificate

    /// Makes the manager's certificate anew when it is time, or when agents may see one of the new authority.
    ///
    /// - Parameter now: seconds since 1970.
    func refresh(now: Int64 = CertificateAuthority.currentTime) {
        do throws(TLSError) {
            let isNew = try identity.refresh(now: now) { registry.allTrust($0.issuingFingerprint) }
            guard isNew else { return }
            let certificate = identity.credentials.certificate
            logger.notice(
                "Manager's certificate was made anew",
                metadata: .of([.reason: "good until \(Timestamp.iso8601(milliseconds: certificate.expiresAt * 1000))"]))
        } catch {
            logger.error("Manager's certificate was not made anew", metadata: .of([.error: error]))
        }
    }

    // MARK: Agents

    /// An agent is connected: it is told whom to trust, unless it is known to.
    func connected(_ link: RemoteLink) {
        links.withLock { $0[link.agentID] = link }
        instruct(link)
    }

    func disconnected(_ link: RemoteLink) {
        links.withLock { links in
            if links[link.agentID] === link { links[link.agentID] = nil }
        }
    }

    private func instruct(_ link: RemoteLink) {
        let authorities = identity.authorities
        guard let record = registry.find(link.agentID)?.record else { return }
        // What an agent enrolled with it trusts, as long as there was only one.
        let known = record.trusts ?? (authorities.retiring == nil ? authorities.fingerprints : [])
        guard known != authorities.fingerprints else { return }
        do throws(TLSError) {
            var certificates: [[UInt8]] = []
            for authority in authorities.trusted { certificates.append(try authority.der()) }
            link.send(trust: certificates, renewWithin: UInt64(registry.count / Self.renewalsPerSecond))
        } catch {
            logger.error("Agent was not told whom to trust", metadata: .of([.agent: link.agentID, .error: error]))
        }
    }

    /// An agent says whom it trusts.
    func confirmed(_ fingerprints: [[UInt8]], by link: RemoteLink) {
        let trusts = fingerprints.compactMap { Fingerprint($0)?.description }
        let id = link.agentID
        guard registry.find(id)?.record.trusts != trusts else { return }
        ledger.enqueue([.trusts(agent: id, authorities: trusts)]) { [self] result in
            // The ledger itself logs what it cannot keep; the agent is asked again at its next connection.
            guard case .success = result else { return }
            registry.trusts(trusts, agent: id)
            logger.info("Agent has confirmed whom it trusts", metadata: .of([.agent: id]))
            refresh()
        }
    }

    // MARK: Rotation

    /// Who depends on the old one of two authorities; nobody when there is one.
    var dependants: Dependants { dependants(on: identity.authorities) }

    private func dependants(on authorities: Authorities) -> Dependants {
        guard authorities.retiring != nil else { return Dependants() }
        let records = registry.all.map(\.record)
        let new = authorities.issuingFingerprint
        return Dependants(
            withoutTrust: records.filter { !($0.trusts ?? []).contains(new) },
            withOldCertificate: records.filter { $0.certificateAuthority != new })
    }

    /// Makes a new authority, to take the place of the present one.
    ///
    /// - Throws: ``Refusal`` while there are two already.
    func rotate(by author: String) async throws {
        try await alone {
            guard identity.authorities.retiring == nil else {
                throw Refusal(
                    message: "a rotation is under way; see \"edr-control ca show\", and end it with \"edr-control ca "
                        + "retire\" first")
            }
            let old = identity.authorities
            let new = try Authorities(
                issuing: CertificateAuthority(replacing: old.issuing.certificate), retiring: old.issuing)
            try new.issuing.writeNextKey(to: home.tls)
            // What is not on record does not happen.
            try await dispatcher.note(
                "ca_rotated",
                detail: "new \(new.issuingFingerprint), in place of \(old.issuingFingerprint), by \(author)")
            try new.issuing.writeNext(to: home.tls)
            try identity.change(to: new)
            logger.notice("New certificate authority was made; the old one stays good until it is retired")
            refresh()
            for link in links.withLock({ Array($0.values) }) { instruct(link) }
        }
    }

    /// Ends a rotation: the old authority is worth nothing from then on, and its key is gone.
    ///
    /// - Parameter force: also when agents depend on it.
    /// - Throws: ``Refusal`` when there is no rotation, or when agents depend on the old authority.
    func retire(force: Bool, by author: String) async throws -> Retirement {
        try await alone {
            let authorities = identity.authorities
            guard authorities.retiring != nil else {
                throw Refusal(
                    message: "there is one certificate authority only; \"edr-control ca rotate\" makes a new one")
            }
            let dependants = dependants(on: authorities)
            guard force || (dependants.withoutTrust.isEmpty && dependants.withOldCertificate.isEmpty) else {
                throw Self.refusal(dependants)
            }
            let tokens = try await ledger.tokens(at: Timestamp.now())
            let alone = try Authorities(issuing: authorities.issuing)
            let lockedOut = registry.all.map(\.record).filter { record in
                (dependants.withoutTrust + dependants.withOldCertificate).contains { $0.id == record.id }
            }
            var detail = "old \(authorities.enrollingFingerprint), by \(author)"
            if !lockedOut.isEmpty { detail += "; agents that depended on it: \(Self.ids(lockedOut))" }
            try await dispatcher.note("ca_retired", detail: detail)
            try CertificateAuthority.promoteNext(directory: home.tls)
            try identity.change(to: alone)
            logger.notice("Old certificate authority was retired", metadata: .of([.count: lockedOut.count]))
            // They name an authority that nobody sees any more.
            for token in tokens { _ = try await ledger.revokeToken(hash: token.hash) }
            for agent in dependants.withOldCertificate {
                dispatcher.cut(agent: agent.id, reason: "the authority of its certificate was retired")
            }
            for link in links.withLock({ Array($0.values) }) { instruct(link) }
            return Retirement(lockedOut: lockedOut, revokedTokens: tokens.count)
        }
    }

    private static func refusal(_ dependants: Dependants) -> Refusal {
        var details: [String] = []
        if !dependants.withoutTrust.isEmpty {
            details.append(
                "not known to trust the new authority (they get it when they connect, from this version on): agents "
                    + ids(dependants.withoutTrust))
        }
        if !dependants.withOldCertificate.isEmpty {
            details.append(
                "certificate not renewed with the new authority: agents " + ids(dependants.withOldCertificate))
        }
        return Refusal(
            message: "agents depend on the old certificate authority; wait for them, remove those that will not come "
                + "back (edr-control agents remove ID), or lock them out with --force",
            details: details)
    }

    private static func ids(_ agents: [AgentRecord]) -> String { agents.map(\.id).joined(separator: ", ") }

    /// One change at a time.
    private func alone<Result>(_ body: () async throws -> Result) async throws -> Result {
        let isFirst = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFirst else { throw Refusal(message: "somebody else is changing the certificate authority just now") }
        defer { isBusy.withLock { $0 = false } }
        return try await body()
    }
}
