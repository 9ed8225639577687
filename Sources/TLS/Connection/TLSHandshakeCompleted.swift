/// The user event that ``TLSHandler`` sends through the pipeline when the handshake is done.
///
/// - Important: In TLS 1.3 a client is done before the server has judged the client's certificate. An agent
///   knows that it is accepted when the manager's first message arrives, not when it sees this event.
package struct TLSHandshakeCompleted: Equatable, Sendable {
    /// Who is at the other end, from its verified certificate.
    package struct Peer: Equatable, Sendable {
        /// The subject's common name: the agent id of an agent.
        package let commonName: String
        /// The certificate's serial number, in hexadecimal digits.
        package let serial: String
        package let fingerprint: Fingerprint
        /// When the certificate ends, in seconds since 1970.
        ///
        /// A resumed session does not look at it again.
        package let expiresAt: Int64
    }

    package let applicationProtocol: ApplicationProtocol
    /// Nil only on the server's side of an enrollment and of the control API.
    package let peer: Peer?
    /// Whether an earlier session was resumed, without certificates being sent again.
    ///
    /// The peer is then the one of that session.
    package let isResumed: Bool
}
