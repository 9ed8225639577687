extension API {
    /// The manager's certificate authorities.
    struct Authorities: Codable, Sendable {
        struct Authority: Codable, Sendable {
            let fingerprint: String
            /// `only`, or `old` and `new` while one takes the place of the other.
            let role: String
            let begins: String
            let ends: String
        }
        /// What agents are shown.
        struct ManagerCertificate: Codable, Sendable {
            let authority: String
            let fingerprint: String
            let ends: String
        }
        struct Agent: Codable, Sendable {
            let id: String
            let name: String
        }
        let rotating: Bool
        /// The oldest first.
        let authorities: [Authority]
        let managerCertificate: ManagerCertificate
        let agentsWithoutTrust: [Agent]
        let agentsWithOldCertificate: [Agent]
    }

    struct RetireRequest: RequestBody {
        let force: Bool?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable { case force, by, reason }
    }

    struct Retirement: Codable, Sendable {
        let retired: Bool
        let agentsLockedOut: [Authorities.Agent]
        let tokensRevoked: Int
    }
}
