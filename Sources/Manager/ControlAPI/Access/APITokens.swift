import Daemon
import Hummingbird
import ManagerSettings
import Synchronization
import TLS

/// The tokens of the control API, in memory, so that what strangers show costs no look into the ledger.
final class APITokens: Sendable {
    enum Verdict: Sendable, Equatable {
        case good(name: String, role: ControlRole)
        case expired(name: String)
        case unknown
    }

    /// The most tokens that are kept: each is compared with whatever is shown.
    static let limit = 1000
    /// How often the last use of a token is written down at most, in milliseconds.
    private static let useInterval: Int64 = 60_000

    private enum Entry {
        /// Its commit is under way.
        case beingMade
        case made(APIToken, useKept: Int64)
    }

    private let ledger: any Ledger
    private let entries: Mutex<[String: Entry]>

    /// - Parameter tokens: those of the ledger.
    init(_ tokens: [APIToken], ledger: any Ledger) {
        self.ledger = ledger
        entries = Mutex(
            Dictionary(tokens.map { ($0.name, .made($0, useKept: $0.lastUsed ?? 0)) }, uniquingKeysWith: { $1 }))
    }

    /// All that are known, also expired ones, by name.
    var all: [APIToken] {
        entries.withLock { entries in
            entries.values.compactMap { entry in
                if case .made(let token, _) = entry { token } else { nil }
            }
        }.sorted { $0.name < $1.name }
    }

    /// Says what a text is worth now, and notes the use of a good token.
    ///
    /// How long it takes tells nothing about the tokens but how many there are.
    ///
    /// - Parameter now: unix milliseconds.
    func check(_ text: String, from address: String, now: Int64 = Timestamp.now()) throws(TLSError) -> Verdict {
        let hash = try APIToken.hash(of: text)
        let (verdict, use) = entries.withLock { entries -> (Verdict, APITokenUse?) in
            var match: (token: APIToken, useKept: Int64)?
            for case .made(let token, let useKept) in entries.values where ConstantTime.areEqual(token.hash, hash) {
                match = (token, useKept)
            }
            guard var (token, useKept) = match else { return (.unknown, nil) }
            guard now < token.expires else { return (.expired(name: token.name), nil) }
            token.lastUsed = now
            token.lastAddress = address
            let isDue = now - useKept >= Self.useInterval
            if isDue { useKept = now }
            entries[token.name] = .made(token, useKept: useKept)
            return (
                .good(name: token.name, role: token.role),
                isDue ? APITokenUse(hash: hash, at: now, address: address) : nil
            )
        }
        // Whether it can be kept now or later matters to nobody who waits.
        if let use { ledger.enqueue([.apiTokenUse(use)]) { _ in } }
        return verdict
    }

    /// Makes a token.
    ///
    /// Only its hash is kept. An expired one of the same name goes.
    ///
    /// - Parameters:
    ///   - lifetime: in milliseconds.
    ///   - by: who wants it, for the audit record.
    /// - Returns: the token's text, which nobody can ask for again.
    func create(
        name: String, role: ControlRole, lifetime: Int64, by: String, now: Int64 = Timestamp.now()
    ) async throws -> (text: String, token: APIToken) {
        let text = APIToken.randomText()
        let token = APIToken(
            name: name, hash: try APIToken.hash(of: text), role: role, created: now, expires: now + lifetime)
        let isFree = try entries.withLock { entries in
            guard entries.count < Self.limit else {
                throw ControlFailure(
                    .conflict, "there are \(Self.limit) API tokens, which is the most; revoke one that nobody needs")
            }
            if let entry = entries[name] {
                guard case .made(let old, _) = entry, old.expires <= now else { return false }
            }
            entries[name] = .beingMade
            return true
        }
        guard isFree else { throw LedgerError.apiTokenExists(name) }
        do {
            try await ledger.createAPIToken(token, by: by)
        } catch {
            entries.withLock { $0[name] = nil }
            throw error
        }
        entries.withLock { $0[name] = .made(token, useKept: 0) }
        return (text, token)
    }

    /// Takes a token back: from the call on it opens nothing, whether or not the ledger can be written.
    ///
    /// - Returns: false when there is none of that name.
    func revoke(_ name: String, by: String, now: Int64 = Timestamp.now()) async throws(LedgerError) -> Bool {
        let wasKnown = entries.withLock { entries in
            guard case .made = entries[name] else { return false }
            entries[name] = nil
            return true
        }
        // Also when it is not known here: an earlier attempt may have failed at the ledger.
        let wasKept = try await ledger.revokeAPIToken(name, at: now, by: by)
        return wasKnown || wasKept
    }
}
