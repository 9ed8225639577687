import Testing

@testable import Manager

/// What every ledger keeps about agents and their enrollment.
@Suite("Ledger contract: enrollment")
struct LedgerEnrollmentContractTests {
    private static let day: Int64 = 24 * 60 * 60 * 1000

    private func token(
        _ secret: UInt8, id: String? = nil, name: String? = nil, created: Int64 = 0, expires: Int64 = 1_000,
        uses: Int = 10
    ) -> EnrollmentGrant {
        EnrollmentGrant(hash: [secret], agentID: id, name: name, created: created, expires: expires, uses: uses)
    }

    private func enroll(
        _ ledger: any Ledger, _ name: String, token: UInt8 = 1, at: Int64 = 10, serial: String = "s"
    ) async throws -> AgentRecord {
        try await ledger.enroll(EnrollmentApplication(tokenHash: [token], name: name, at: at)) { id, name in
            IssuedCertificate(serial: "\(serial)-\(id)", fingerprint: "f-\(serial)-\(id)-\(name)", pem: "PEM")
        }.agent
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `agents get the next id and what was certified`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            let first = try await enroll(fixture.ledger, "web1")
            #expect(
                first
                    == AgentRecord(
                        id: "001", name: "web1", certificateSerial: "s-001", certificateFingerprint: "f-s-001-web1",
                        created: 10))
            #expect(try await enroll(fixture.ledger, "web2").id == "002")
            #expect(try await fixture.ledger.agents().map(\.name) == ["web1", "web2"])
            #expect(try await fixture.ledger.enrolled("001") == first)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a token opens the door as often as it says and as long`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1, uses: 1), by: "root")
            await #expect(throws: LedgerError.tokenUnknown) { _ = try await enroll(fixture.ledger, "a", token: 2) }
            await #expect(throws: LedgerError.tokenExpired) { _ = try await enroll(fixture.ledger, "a", at: 1_000) }
            _ = try await enroll(fixture.ledger, "a", at: 999)
            await #expect(throws: LedgerError.tokenUsedUp) { _ = try await enroll(fixture.ledger, "b") }
            #expect(try await fixture.ledger.agents().count == 1)
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `an enrollment that fails costs no use of the token`(_ implementation: LedgerImplementation)
        async throws
    {
        struct NoKey: Error, CustomStringConvertible { var description: String { "no key" } }
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1, uses: 1), by: "root")
            await #expect(throws: LedgerError.certificateNotIssued("no key")) {
                _ = try await fixture.ledger.enroll(EnrollmentApplication(tokenHash: [1], name: "a", at: 1)) { _, _ in
                    throw NoKey()
                }
            }
            await #expect(throws: LedgerError.invalidName("a b")) { _ = try await enroll(fixture.ledger, "a b") }
            #expect(try await fixture.ledger.agents().isEmpty)
            #expect(try await enroll(fixture.ledger, "a").id == "001")
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a name that is taken is refused in any letter case`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            _ = try await enroll(fixture.ledger, "web1")
            await #expect(throws: LedgerError.nameTaken(name: "Web1", id: "001")) {
                _ = try await enroll(fixture.ledger, "Web1")
            }
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a token made for an id or a name replaces that agent`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            _ = try await enroll(fixture.ledger, "web")
            _ = try await enroll(fixture.ledger, "other")
            try await fixture.ledger.createToken(token(2, id: "001"), by: "root")
            try await fixture.ledger.createToken(token(3, name: "db"), by: "root")

            let byID = try await enroll(fixture.ledger, "db", token: 2, at: 20, serial: "t")
            #expect(byID.id == "001" && byID.name == "db" && byID.created == 10)
            #expect(byID.certificateFingerprint == "f-t-001-db")
            let byName = try await enroll(fixture.ledger, "whatever", token: 3, at: 30, serial: "u")
            #expect(byName.id == "001" && byName.name == "db" && byName.certificateSerial == "u-001")
            await #expect(throws: LedgerError.nameTaken(name: "other", id: "002")) {
                _ = try await enroll(fixture.ledger, "other", token: 2)
            }
            #expect(try await fixture.ledger.agents().map(\.name) == ["db", "other"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `an id that a valid token promises is not given away`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            try await fixture.ledger.createToken(token(2, id: "007", expires: 100, uses: 1), by: "root")
            #expect(try await enroll(fixture.ledger, "a").id == "008")
            #expect(try await enroll(fixture.ledger, "b", token: 2).id == "007")
            #expect(try await enroll(fixture.ledger, "c").id == "009")
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a removed agent is gone, its name free, its id used`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            _ = try await enroll(fixture.ledger, "web")
            try await fixture.ledger.createToken(token(2, id: "001"), by: "root")
            #expect(try await fixture.ledger.removeAgent("001", at: 50, by: "root"))
            #expect(try await !fixture.ledger.removeAgent("001", at: 51, by: "root"))
            #expect(try await fixture.ledger.agents().isEmpty)
            #expect(try await fixture.ledger.enrolled("001") == nil)
            #expect(
                try await !fixture.ledger.renewCertificate(
                    agent: "001", serial: "x", fingerprint: "y", authority: "z"))

            #expect(try await enroll(fixture.ledger, "web").id == "002")
            #expect(try await enroll(fixture.ledger, "back", token: 2).id == "001")
            #expect(try await fixture.ledger.agents().map(\.id) == ["001", "002"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a renewed certificate takes the place of the old one`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            _ = try await enroll(fixture.ledger, "web")
            #expect(
                try await fixture.ledger.renewCertificate(
                    agent: "001", serial: "x", fingerprint: "y", authority: "z"))
            let agent = try await fixture.ledger.enrolled("001")
            #expect(agent?.certificateSerial == "x" && agent?.certificateFingerprint == "y")
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `whose certificate an agent has, and whom it trusts, is kept`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            let enrolled = try await fixture.ledger.enroll(
                EnrollmentApplication(tokenHash: [1], name: "web", at: 10)
            ) { _, _ in
                IssuedCertificate(serial: "s", fingerprint: "f", pem: "PEM", authority: "b", knownAuthority: "a")
            }.agent
            #expect(enrolled.certificateAuthority == "b" && enrolled.trusts == ["a"])
            try await fixture.ledger.append([.trusts(agent: "001", authorities: ["a", "b"])])
            let renewal = CertificateRenewal(
                agentID: "001", replaces: "f", serial: "t", fingerprint: "g", authority: "c")
            #expect(try await fixture.ledger.offer(renewal))
            #expect(try await fixture.ledger.renewals() == [renewal])
            #expect(
                try await fixture.ledger.renewCertificate(
                    agent: "001", serial: "t", fingerprint: "g", authority: "c"))
            let agent = try await fixture.ledger.enrolled("001")
            #expect(agent?.certificateAuthority == "c" && agent?.trusts == ["a", "b"])
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `sightings fill in what is known and never go back in time`(_ implementation: LedgerImplementation)
        async throws
    {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            _ = try await enroll(fixture.ledger, "web")
            try await fixture.ledger.append([
                .sighting(AgentSighting(agent: "001", at: 500, version: "0.1.0", address: "192.0.2.1")),
                .sighting(AgentSighting(agent: "001", at: 400)),
                .sighting(AgentSighting(agent: "999", at: 400)),
            ])
            let agent = try await fixture.ledger.enrolled("001")
            #expect(agent?.lastSeen == 500 && agent?.version == "0.1.0" && agent?.address == "192.0.2.1")
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `a token for an impossible id or name is refused`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            let ledger = try await fixture.ledger
            for id in ["000", "7", "0007", "abc", "-01", "", "1234567890"] {
                await #expect(throws: LedgerError.invalidAgentID(id)) {
                    try await ledger.createToken(token(1, id: id), by: "root")
                }
            }
            for name in ["", "a b", "ä", "a\n", "../x", String(repeating: "a", count: 129)] {
                await #expect(throws: LedgerError.invalidName(name)) {
                    try await ledger.createToken(token(1, name: name), by: "root")
                }
            }
        }
    }

    @Test(arguments: LedgerImplementation.allCases)
    func `tokens are forgotten a day after they expired`(_ implementation: LedgerImplementation) async throws {
        try await withLedger(implementation) { fixture in
            try await fixture.ledger.createToken(token(1), by: "root")
            try await fixture.ledger.createToken(token(2, created: 1_000 + Self.day, expires: 2 * Self.day), by: "root")
            await #expect(throws: LedgerError.tokenExpired) {
                _ = try await enroll(fixture.ledger, "a", at: Self.day)
            }
            try await fixture.ledger.createToken(token(3, created: 1_001 + Self.day, expires: 2 * Self.day), by: "root")
            await #expect(throws: LedgerError.tokenUnknown) {
                _ = try await enroll(fixture.ledger, "a", at: Self.day)
            }
        }
    }
}

extension Ledger {
    /// The enrolled agent with this id.
    fileprivate func enrolled(_ id: String) async throws -> AgentRecord? {
        try await agents().first { $0.id == id }
    }
}
