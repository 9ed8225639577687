import ManagerSettings
import NIOCore
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `API tokens` {
    private let minute: Int64 = 60_000
    private let hour: Int64 = 3_600_000

    @Test func `open what they say, for as long as they say`() async throws {
        try await withLedger(.sqlite) { fixture in
            let tokens = APITokens([], ledger: try await fixture.ledger)
            let (text, token) = try await tokens.create(
                name: "ci", role: .operator, lifetime: 1_000, by: "root", now: 5_000)
            #expect(text.hasPrefix("edr-api-") && text.utf8.count == 56)
            #expect(!"\(token)".contains(text))
            #expect(try tokens.check(text, from: "a", now: 5_999) == .good(name: "ci", role: .operator))
            #expect(try tokens.check(text, from: "a", now: 6_000) == .expired(name: "ci"))
            for wrong in ["", "edr-api-", String(text.dropLast()), text + "0", text.uppercased()] {
                #expect(try tokens.check(wrong, from: "a", now: 5_000) == .unknown)
            }
        }
    }

    @Test func `are gone at once when they are revoked, and after a restart as well`() async throws {
        try await withLedger(.sqlite) { fixture in
            let ledger = try await fixture.ledger
            let tokens = APITokens([], ledger: ledger)
            let (first, _) = try await tokens.create(name: "a", role: .viewer, lifetime: hour, by: "root")
            let (second, _) = try await tokens.create(name: "b", role: .admin, lifetime: hour, by: "root")
            #expect(first != second)
            #expect(try await tokens.revoke("a", by: "root"))
            #expect(try tokens.check(first, from: "x") == .unknown)
            #expect(try await !tokens.revoke("a", by: "root"))
            let later = APITokens(try await ledger.apiTokens(), ledger: ledger)
            #expect(try later.check(first, from: "x") == .unknown)
            #expect(try later.check(second, from: "x") == .good(name: "b", role: .admin))
        }
    }

    @Test func `have names of their own, until they have expired`() async throws {
        try await withLedger(.sqlite) { fixture in
            let tokens = APITokens([], ledger: try await fixture.ledger)
            let (old, _) = try await tokens.create(name: "a", role: .viewer, lifetime: 10, by: "root", now: 0)
            await #expect(throws: LedgerError.apiTokenExists("a")) {
                _ = try await tokens.create(name: "a", role: .admin, lifetime: 10, by: "root", now: 9)
            }
            let (new, _) = try await tokens.create(name: "a", role: .admin, lifetime: 10, by: "root", now: 10)
            #expect(try tokens.check(old, from: "x", now: 11) == .unknown)
            #expect(try tokens.check(new, from: "x", now: 11) == .good(name: "a", role: .admin))
            #expect(tokens.all.count == 1)
        }
    }

    @Test func `show when they were last used, in the ledger once a minute`() async throws {
        try await withLedger(.sqlite) { fixture in
            let ledger = try await fixture.ledger
            let tokens = APITokens([], ledger: ledger)
            let (text, _) = try await tokens.create(
                name: "a", role: .viewer, lifetime: 10 * minute, by: "root", now: minute)
            func kept() async throws -> APIToken? {
                // Behind everything that was queued before.
                try await ledger.append([])
                return try await ledger.apiTokens().first
            }
            #expect(try await kept()?.lastUsed == nil)
            _ = try tokens.check(text, from: "192.0.2.1", now: minute)
            _ = try tokens.check(text, from: "192.0.2.2", now: 2 * minute - 1)
            #expect(tokens.all.first?.lastUsed == 2 * minute - 1)
            #expect(tokens.all.first?.lastAddress == "192.0.2.2")
            #expect(try await kept()?.lastUsed == minute)
            _ = try tokens.check(text, from: "192.0.2.3", now: 2 * minute)
            let last = try await kept()
            #expect(last?.lastUsed == 2 * minute && last?.lastAddress == "192.0.2.3")
        }
    }

    @Test func `stand in the audit trail without their secrets`() async throws {
        try await withLedger(.sqliteReopened) { fixture in
            let token = APIToken(name: "ci", hash: [1, 2, 3], role: .admin, created: 1_000, expires: 2_000)
            try await fixture.ledger.createAPIToken(token, by: "alice: rollout")
            #expect(try await fixture.ledger.apiTokens() == [token])
            await #expect(throws: LedgerError.apiTokenExists("ci")) {
                try await fixture.ledger.createAPIToken(token, by: "mallory")
            }
            #expect(try await fixture.ledger.revokeAPIToken("ci", at: 1_500, by: "bob"))
            #expect(try await !fixture.ledger.revokeAPIToken("ci", at: 1_500, by: "bob"))
            let changes = try await fixture.ledger.changes(limit: 10)
            #expect(changes.map(\.name) == ["api_token_revoked", "api_token_created"])
            #expect(changes.last?.detail == "ci, role admin, until 1970-01-01T00:00:02.000Z, by alice: rollout")
            #expect(changes.first?.detail == "ci, by bob")
        }
    }

    @Test func `name who made a change, and from where`() throws {
        let caller = Caller(identity: .token("ci", address: "192.0.2.1"), role: .admin)
        #expect(try Author(caller: caller, person: nil, reason: nil).text == "api:ci@192.0.2.1")
        let author = try Author(caller: caller, person: "uid 0 (root)", reason: "why")
        #expect(author.text == "uid 0 (root), api:ci@192.0.2.1: why")
        let root = Caller(identity: .user(0), role: .admin)
        #expect(try Author(caller: root, person: "root", reason: nil).name == "uid 0 (root)")
        #expect(throws: ControlFailure.self) { try Author(caller: root, person: "a\nb", reason: nil) }
    }
}
