/// The right to enroll, as the ledger keeps it: only the hash of the secret.
struct EnrollmentGrant: Sendable, Equatable {
    /// The SHA-256 of the token's secret.
    let hash: [UInt8]
    /// The id that the agent gets; `nil`: the next free one.
    var agentID: String?
    /// The name that the agent gets, whatever it asks for; `nil`: the one it asks for.
    var name: String?
    /// Unix milliseconds.
    let created: Int64
    /// Unix milliseconds.
    let expires: Int64
    /// How many agents may enroll with it.
    let uses: Int
}

/// What an agent shows and asks for when it enrolls.
struct EnrollmentApplication: Sendable, Equatable {
    /// The SHA-256 of the secret that the agent showed.
    let tokenHash: [UInt8]
    let name: String
    /// Unix milliseconds.
    let at: Int64
}

/// A certificate made for an enrolling agent, of which the ledger keeps serial and fingerprint.
struct IssuedCertificate: Sendable, Equatable {
    let serial: String
    let fingerprint: String
    let pem: String
    /// The fingerprint of the authority that made it.
    var authority: String?
    /// The fingerprint of the authority by which the agent knew the manager.
    var knownAuthority: String?
}

/// The result of an enrollment.
struct Enrollment: Sendable, Equatable {
    let agent: AgentRecord
    let certificate: IssuedCertificate
}
