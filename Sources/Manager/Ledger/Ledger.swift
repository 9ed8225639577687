import ActiveResponse
import Audit

/// The truth about every response: what was decided, what was sent, what came of it; also the agents, their
/// enrollment, and how far each source is read.
///
/// What a call committed is there after any crash. Writes of many callers share one commit. Readers see what is
/// committed and never wait for writers. `LedgerContractTests` holds what every implementation has to keep.
protocol Ledger: Sendable {
    /// Takes the changes and calls `completion` once they are durable, or failed as a whole. Never blocks.
    ///
    /// Changes are applied in the order of the calls. While the ledger cannot be written (a full or broken disk, a
    /// lock) everything waits in that order. A call fails for its own fault alone (``LedgerError/isOfChange``), or
    /// because the ledger closes; then every later one fails too. The completion runs on the ledger's own thread: it
    /// must be short, and must not wait for the ledger.
    func enqueue(
        _ changes: [LedgerChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void)

    /// How many calls of ``enqueue(_:completion:)`` are not durable yet.
    var queueDepth: Int { get }

    /// What keeps it from being written now; nil when it can be.
    var trouble: String? { get }

    /// From now on nothing waits for a ledger that cannot be written: the manager stops.
    func stopWaiting()

    /// Those of the ids that are committed, also those that were removed since and are still remembered.
    ///
    /// Answers on the caller's thread: deciding asks when it holds what must not change meanwhile.
    func known(_ ids: [DispatchID]) throws(LedgerError) -> Set<DispatchID>

    /// Hands over the ids of all responses that are committed or still remembered, one by one and in no particular
    /// order: there may be millions.
    func forEachDispatchID(_ take: @escaping @Sendable (DispatchID) -> Void) async throws(LedgerError)

    /// The response with its last output; `nil` when there is none with this id.
    func dispatch(_ id: DispatchID) async throws(LedgerError) -> DispatchRecord?

    /// The encoded order of a response, as it was given; `nil` when there is none with this id.
    func order(_ id: DispatchID) async throws(LedgerError) -> [UInt8]?

    /// The ids that begin with these hexadecimal digits, at most `limit` of them; none when the text is something
    /// else.
    func dispatchIDs(prefix: String, limit: Int) async throws(LedgerError) -> [DispatchID]

    /// The responses that the filter lets through, newest first.
    func dispatches(_ filter: DispatchFilter) async throws(LedgerError) -> [DispatchRecord]

    /// Everything that happened to one response, in the order in which the ledger heard of it.
    func timeline(_ id: DispatchID) async throws(LedgerError) -> [DispatchEvent]

    /// What somebody or the manager changed that is about no single response, newest first; not what was removed because
    /// it was old.
    func changes(limit: Int) async throws(LedgerError) -> [DispatchEvent]

    /// The responses in the state `queued`, whose orders no agent has confirmed, in the order of their decisions.
    func queued() async throws(LedgerError) -> [QueuedDispatch]

    /// The requests to undo a response on which no agent has acted yet, in the order of the responses' decisions.
    func undoRequests() async throws(LedgerError) -> [UndoRequest]

    /// The undos by hand that are kept, oldest first.
    func lifts() async throws(LedgerError) -> [Lift]

    /// Those of the ids that are held.
    ///
    /// Answers on the caller's thread, as ``known(_:)`` does: two answers to one question must not both count.
    func held(_ ids: [DispatchID]) throws(LedgerError) -> [ResponseOnHold]

    /// The earliest deadline of a held response, in unix milliseconds; nil when none is held.
    func nextHoldDeadline() async throws(LedgerError) -> Int64?

    /// The held responses whose deadline is this time or earlier, at most `limit`.
    func overdueHolds(at now: Int64, limit: Int) async throws(LedgerError) -> [DispatchID]

    /// The responses of enrolled agents and of the manager that were let out and are not over: on their way, running,
    /// or in force. One whose undo has failed is not among them: its agent may never succeed.
    func underWay() async throws(LedgerError) -> [DispatchUnderWay]

    /// The responses that were decided after this time (in unix milliseconds) and let out, newest first.
    func recentRuns(since: Int64) async throws(LedgerError) -> [RecentRun]

    /// The stateful responses in force on enrolled agents and the manager, as far as their agents said, for which no
    /// undo is asked yet; in the order of their decisions, from behind `after`.
    func undoable(
        agent: String?, command: String?, after: Int64, limit: Int
    ) async throws(LedgerError) -> [(sequence: Int64, order: [UInt8])]

    /// The order that nothing new may run; nil when there is none.
    func stop() async throws(LedgerError) -> Stop?

    /// How many responses there are in each state; a state without any is left out.
    func counts() async throws(LedgerError) -> [DispatchState: Int]

    /// How far each source is read.
    func positions() async throws(LedgerError) -> [String: String]

    /// Keeps a token. One with the same hash is replaced, tokens that expired more than a day ago are forgotten.
    ///
    /// - Parameter by: who made it, for the audit record.
    func createToken(_ token: EnrollmentGrant, by: String) async throws(LedgerError)

    /// The tokens that are valid at a time, with the uses that are left, the oldest first.
    ///
    /// - Parameter now: unix milliseconds.
    func tokens(at now: Int64) async throws(LedgerError) -> [EnrollmentGrant]

    /// Forgets a token.
    ///
    /// - Returns: `false` when it is not known.
    func revokeToken(hash: [UInt8]) async throws(LedgerError) -> Bool

    /// The tokens of the control API, also those that have expired, in no particular order.
    func apiTokens() async throws(LedgerError) -> [APIToken]

    /// Keeps a token of the control API in place of an expired one of the same name; those that expired more than thirty
    /// days ago are forgotten.
    ///
    /// - Parameter by: who made it, for the audit record.
    /// - Throws: `apiTokenExists` when one of that name is valid.
    func createAPIToken(_ token: APIToken, by: String) async throws(LedgerError)

    /// Forgets a token of the control API.
    ///
    /// - Parameters:
    ///   - at: unix milliseconds.
    ///   - by: who revokes it, for the audit record.
    /// - Returns: `false` when none has that name.
    func revokeAPIToken(_ name: String, at: Int64, by: String) async throws(LedgerError) -> Bool

    /// Enrolls an agent: checks and counts the token, finds id and name, has the certificate made and keeps the
    /// agent, all in one transaction.
    ///
    /// Without `agentID` in the token the next id is taken that was never used and that no valid token promises.
    /// A name that an agent has already is refused, unless the token was made for that id or name: then the
    /// agent is replaced and its old certificate is worth nothing.
    ///
    /// - Parameter issue: makes the certificate for an id and a name. When it throws, nothing has happened.
    func enroll(
        _ request: EnrollmentApplication,
        issue: @escaping @Sendable (_ id: String, _ name: String) throws -> IssuedCertificate
    ) async throws(LedgerError) -> Enrollment

    /// The agents that are enrolled now, by id.
    func agents() async throws(LedgerError) -> [AgentRecord]

    /// The renewals that agents have not used yet and that are worth something.
    func renewals() async throws(LedgerError) -> [CertificateRenewal]

    /// Keeps a renewal in place of an earlier one of the same agent.
    ///
    /// - Returns: `false` when the certificate that it replaces is not the agent's present one.
    func offer(_ renewal: CertificateRenewal) async throws(LedgerError) -> Bool

    /// Takes a renewed certificate in place of the agent's present one.
    ///
    /// - Returns: `false` when no such agent is enrolled.
    func renewCertificate(
        agent id: String, serial: String, fingerprint: String, authority: String?
    ) async throws(LedgerError) -> Bool

    /// Removes an agent. Its id is never given to another one unless a token names it.
    ///
    /// - Parameters:
    ///   - at: unix milliseconds.
    ///   - by: who removes it, for the audit record.
    /// - Returns: `false` when no such agent is enrolled.
    func removeAgent(_ id: String, at: Int64, by: String) async throws(LedgerError) -> Bool

    /// Removes some of the oldest responses that are over, with everything that happened to them.
    ///
    /// The chain of records stays verifiable: a record of its own tells what is gone. Nothing else of the responses
    /// stays but their ids, for as long as the removal says.
    func remove(_ removal: LedgerRemoval) async throws(LedgerError) -> LedgerRemoval.Outcome

    /// Forgets ids of removed responses that were remembered long enough, and undos by hand that do not count any more.
    ///
    /// - Parameters:
    ///   - now: unix milliseconds.
    ///   - limit: the most of each that are forgotten at once.
    /// - Returns: whether there may be more.
    func forget(at now: Int64, limit: Int) async throws(LedgerError) -> Bool

    /// How much room the ledger takes.
    func size() async throws(LedgerError) -> LedgerSize

    /// Gives room that removals have freed back to the file system.
    ///
    /// - Parameter limit: the most bytes that are given back at once, which takes that long for writers.
    func shrink(limit: Int) async throws(LedgerError)

    /// The last record of the chain.
    func head() async throws(LedgerError) -> ChainHead

    /// Commits what is queued, then closes. Later calls fail with ``LedgerError/closed``.
    func close() async
}

extension Ledger {
    /// Takes the changes and returns once they are durable.
    func append(_ changes: [LedgerChange]) async throws(LedgerError) {
        let result = await withCheckedContinuation { continuation in
            enqueue(changes) { continuation.resume(returning: $0) }
        }
        try result.get()
    }
}
