/// The manager's certificate authorities, as the API says it.
struct AuthoritiesAnswer: Decodable {
    struct Authority: Decodable {
        let fingerprint: String
        let role: String
        let begins: String
        let ends: String
    }

    struct ManagerCertificate: Decodable {
        let authority: String
        let ends: String
    }

    struct Agent: Decodable {
        let id: String
        let name: String
    }

    let rotating: Bool
    let authorities: [Authority]
    let managerCertificate: ManagerCertificate
    let agentsWithoutTrust: [Agent]
    let agentsWithOldCertificate: [Agent]

    func text(_ times: LocalTime) -> String {
        var table = Table(["AUTHORITY", "ROLE", "ENDS", "SHOWN TO AGENTS"])
        for authority in authorities {
            let isShown = authority.fingerprint == managerCertificate.authority
            table.add([authority.fingerprint, authority.role, times.text(authority.ends), isShown ? "yes" : "no"])
        }
        var lines = [table.text, "the manager's own certificate ends \(times.text(managerCertificate.ends) ?? "")"]
        guard rotating else { return lines.joined(separator: "\n") }
        if agentsWithoutTrust.isEmpty, agentsWithOldCertificate.isEmpty {
            lines.append("no agent depends on the old authority: end it with \"edr-control ca retire\"")
        }
        if !agentsWithoutTrust.isEmpty {
            lines.append("trust only the old authority, as far as is known: " + Self.text(agentsWithoutTrust))
        }
        if !agentsWithOldCertificate.isEmpty {
            lines.append("have a certificate of the old authority: " + Self.text(agentsWithOldCertificate))
        }
        return lines.joined(separator: "\n")
    }

    /// Ids and names; of very many only the first ones.
    static func text(_ agents: [Agent]) -> String {
        let limit = 20
        let listed = agents.prefix(limit).map { Terminal.safe("\($0.id) (\($0.name))") }.joined(separator: ", ")
        return agents.count > limit ? listed + " and \(agents.count - limit) more" : listed
    }
}

struct RetirementAnswer: Decodable {
    let agentsLockedOut: [AuthoritiesAnswer.Agent]
    let tokensRevoked: Int
}
