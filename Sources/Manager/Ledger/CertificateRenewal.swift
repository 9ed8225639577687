/// A certificate that was made for an agent in place of its present one and that the agent has not used yet.
///
/// Until it does, both are good: whatever is lost on the way, a message or the agent's power, the agent has one that
/// opens the door.
struct CertificateRenewal: Sendable, Equatable {
    let agentID: String
    /// The fingerprint of the certificate that it takes the place of: with another one the renewal is worth nothing.
    let replaces: String
    let serial: String
    let fingerprint: String
    /// The fingerprint of the authority that made it; `nil`: not known.
    var authority: String?
}
