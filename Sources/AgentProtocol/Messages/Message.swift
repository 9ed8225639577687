/// A message between manager and agent.
///
/// Every body is in the wire format of ``Wire``: a later version may add fields and kinds, which this one skips.
/// Payloads are the encodings of other modules' types and are not looked into here.
package enum Message: Equatable, Sendable {
    /// The agent's first message.
    case hello(Hello)
    /// The manager's answer to ``hello(_:)``. When it arrives the agent knows that it is accepted.
    case welcome(Welcome)
    /// A response that the agent shall run: an encoded order.
    case order(payload: [UInt8])
    /// Something that happened to an order at the agent: an encoded event.
    case report(payload: [UInt8])
    /// The manager has saved all reports up to this sequence number; the agent may forget them.
    case reportAck(throughSequence: UInt64)
    /// Asks for a ``pong(nonce:)`` with the same number.
    case ping(nonce: UInt64)
    case pong(nonce: UInt64)
    /// The sender stops on purpose and closes the connection next.
    case goodbye(reason: String)
    /// The first and only message of an agent that enrolls.
    case enrollRequest(EnrollRequest)
    case enrollResponse(EnrollResponse)
    /// The sender will not go on, and why.
    case failure(code: FailureCode, text: String)
    /// What the agent's journal holds as not over: an encoded part of a summary.
    ///
    /// Sent once on each connection, after every report that led to it. An older manager skips it.
    case journalSummary(payload: [UInt8])
    /// The manager does not know these dispatches of the summary. Sent only to agents that sent one.
    case describe(dispatchIDs: [[UInt8]])
    /// A dispatch that was asked for: an encoded order with where it stands.
    case description(payload: [UInt8])
    /// Asks for a certificate in place of the one with which the link was opened.
    ///
    /// An older manager skips it.
    /// - Parameter certificateRequest: a certificate signing request in DER, for a new key.
    case renewRequest(certificateRequest: [UInt8])
    /// - Parameter certificateChain: the agent's new certificate in PEM.
    case renewResponse(certificateChain: String)
    /// Whom the agent shall trust from now on, and nobody else. An older agent skips it.
    /// - Parameters:
    ///   - authorities: certificates in DER, the oldest first; the last one is that which makes certificates now.
    ///   - renewWithin: an agent whose certificate is of another one has it renewed within so many seconds.
    case trust(authorities: [[UInt8]], renewWithin: UInt64)
    /// The agent trusts these authorities, whatever happens to it.
    /// - Parameter fingerprints: the SHA-256 digests of their certificates, in the order of ``trust(authorities:renewWithin:)``.
    case trusted(fingerprints: [[UInt8]])
    /// The agent cannot keep an order for the time being and has not taken it.
    ///
    /// An older manager skips it, and sends the order again over the next link.
    case turnedAway(dispatchID: [UInt8], reason: String)
    /// What was turned away can be sent again.
    case ready

    /// How many bytes identify an order.
    package static let dispatchIDByteCount = 16
    /// The most authorities that are trusted at a time.
    package static let authorityLimit = 8
    /// The length of the longest name of a journal or a version, in bytes.
    package static let nameByteCount = 128

    /// The kind's name for logs.
    ///
    /// The message itself is never logged: it may hold a token.
    package var kind: String { type.name }
}

/// Introduces an agent.
package struct Hello: Equatable, Sendable {
    /// The newest version of this protocol that the agent speaks, from 1.
    package var protocolVersion: UInt64
    package var agentVersion: String
    package var agentName: String
    package var hostname: String
    /// The operating system's name for people, such as "Debian GNU/Linux 12".
    package var osName: String
    /// The kernel's boot id, which tells a restarted machine from a restarted agent.
    package var bootID: String
    /// Names the agent's journal, which numbers its reports: a new journal begins again from one.
    package var journalID: String

    package init(
        protocolVersion: UInt64 = AgentProtocolVersion.current, agentVersion: String, agentName: String,
        hostname: String, osName: String, bootID: String, journalID: String
    ) {
        self.protocolVersion = protocolVersion
        self.agentVersion = agentVersion
        self.agentName = agentName
        self.hostname = hostname
        self.osName = osName
        self.bootID = bootID
        self.journalID = journalID
    }
}

/// Accepts an agent.
package struct Welcome: Equatable, Sendable {
    /// The version that both sides speak from here on: the older one of the two newest.
    package var protocolVersion: UInt64
    package var managerName: String
    /// The id that the manager knows the agent by, from its certificate.
    package var agentID: String
    /// After how many idle seconds a side sends a ping.
    package var heartbeatSeconds: UInt64
    /// The manager's wall clock, in milliseconds since 1970.
    package var serverTime: Int64

    package init(
        protocolVersion: UInt64 = AgentProtocolVersion.current, managerName: String, agentID: String,
        heartbeatSeconds: UInt64, serverTime: Int64
    ) {
        self.protocolVersion = protocolVersion
        self.managerName = managerName
        self.agentID = agentID
        self.heartbeatSeconds = heartbeatSeconds
        self.serverTime = serverTime
    }
}

/// Asks for a certificate.
package struct EnrollRequest: Equatable, Sendable {
    /// The enrollment token's text.
    ///
    /// It is a secret.
    package var token: String
    /// The certificate signing request in DER.
    package var certificateRequest: [UInt8]
    /// The name that the agent wants; empty to leave it to the manager.
    package var requestedName: String

    package init(token: String, certificateRequest: [UInt8], requestedName: String) {
        self.token = token
        self.certificateRequest = certificateRequest
        self.requestedName = requestedName
    }
}

/// Gives an agent all that it needs to connect.
package struct EnrollResponse: Equatable, Sendable {
    package var agentID: String
    package var agentName: String
    /// The agent's certificate in PEM, with further certificates of its chain after it.
    package var certificateChain: String
    /// The certificate of the manager's authority in PEM.
    package var authority: String
    package var managerName: String

    package init(
        agentID: String, agentName: String, certificateChain: String, authority: String, managerName: String
    ) {
        self.agentID = agentID
        self.agentName = agentName
        self.certificateChain = certificateChain
        self.authority = authority
        self.managerName = managerName
    }
}

/// The versions of the protocol between manager and agent.
package enum AgentProtocolVersion {
    /// The newest one that this program speaks, and so far the only one.
    package static let current: UInt64 = 1
}

extension EnrollRequest: CustomStringConvertible {
    /// Leaves the token out, so that no log contains it.
    package var description: String { "EnrollRequest(requestedName: \"\(requestedName)\")" }
}
