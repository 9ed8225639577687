import AgentProtocol
import NIOCore
import NIOEmbedded
import TLS
import Testing

@testable import Manager

@Suite struct `Telling agents whom to trust` {
    private func trusted(_ messages: [Message]) -> [[[UInt8]]] {
        messages.compactMap { if case .trust(let authorities, _) = $0 { authorities } else { nil } }
    }

    private func fingerprints(_ fixture: AgentConnectionFixture) -> [String] {
        fixture.authorities.identity.authorities.fingerprints
    }

    @Test func `nobody is told anything while there is one authority, and nothing unasked is believed`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.connect()
        try await fixture.hello()
        try await fixture.channel.writeInbound(Message.trusted(fingerprints: [[UInt8](repeating: 1, count: 32)]))
        try await fixture.pump()
        await fixture.ledger.flush()
        #expect(trusted(try await fixture.sent()).isEmpty)
        #expect(fixture.registry.find("001")?.record.trusts == nil)
    }

    @Test func `an agent is told of both at its connection and asked until it confirms`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.authorities.rotate(by: "root")
        #expect(fixture.authorities.dependants.withoutTrust.map(\.id) == ["001"])
        let both = try fixture.authorities.identity.authorities.trusted.map { try $0.fingerprint() }
        let old = try #require(both.first)
        try await fixture.connect()
        try await fixture.hello()
        try await fixture.pump()
        let told = try #require(trusted(try await fixture.sent()).first)
        #expect(try told.map { try Certificate(der: $0).fingerprint() } == both)

        let link = RemoteLink(
            agentID: "001", fingerprint: AgentConnectionFixture.fingerprint?.description ?? "", channel: fixture.channel
        )
        fixture.authorities.confirmed([old.bytes], by: link)
        await fixture.ledger.flush()
        #expect(fixture.authorities.dependants.withoutTrust.map(\.id) == ["001"])
        #expect(try fixture.authorities.identity.credentials.authority.fingerprint() == old)
        fixture.authorities.confirmed(both.map(\.bytes), by: link)
        await fixture.ledger.flush()
        #expect(fixture.authorities.dependants.withoutTrust.isEmpty)
        #expect(try fixture.authorities.identity.credentials.authority.fingerprint() == both.last)
        // Its certificate is still of the old one.
        #expect(fixture.authorities.dependants.withOldCertificate.map(\.id) == ["001"])
        await #expect(throws: AuthorityDesk.Refusal.self) {
            _ = try await fixture.authorities.retire(force: false, by: "root")
        }
        let forced = try await fixture.authorities.retire(force: true, by: "root")
        #expect(forced.lockedOut.map(\.id) == ["001"])
        #expect(fingerprints(fixture) == both.suffix(1).map(\.description))
        let names = try await fixture.ledger.changes(limit: 10).map(\.name)
        #expect(names == ["ca_retired", "ca_rotated"])
    }
}
