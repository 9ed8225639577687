import AgentProtocol
import Daemon
import TLS

/// What a connection needs to know about agents: who may come in, and how one becomes an agent.
struct AgentDesk: Sendable {
    let registry: AgentRegistry
    let enrollment: EnrollmentDesk
    let renewal: RenewalDesk
    let events: LinkEvents
    /// The connections whose peers are not known yet.
    let strangers: StrangerGate
    let pace = AttemptPace()
    let managerName: String

    /// Whether the holder of this certificate is an agent now.
    ///
    /// The TLS handshake has proved that the certificate is ours; it cannot know that the agent was removed or enrolled
    /// again since; and a resumed session does not look at the certificate's end.
    func admits(_ peer: TLSHandshakeCompleted.Peer) -> Bool {
        peer.expiresAt > CertificateAuthority.currentTime
            && registry.isCurrent(agent: peer.commonName, fingerprint: peer.fingerprint.description)
    }

    func welcome(agentID: String, heartbeatSeconds: Int64) -> Welcome {
        Welcome(
            managerName: managerName, agentID: agentID, heartbeatSeconds: UInt64(heartbeatSeconds),
            serverTime: Timestamp.now())
    }
}
