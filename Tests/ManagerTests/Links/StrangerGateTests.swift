import NIOCore
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `Connections of strangers` {
    private func channel(_ address: String) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: address, port: 1)).wait()
        return channel
    }

    private func gate(total: Int = 10, perNetwork: Int = 3) -> StrangerGate {
        StrangerGate(
            limits: .init(total: total, perNetwork: perNetwork, patience: .seconds(2)), logger: .quiet)
    }

    @Test func `one network gets no more than its share`() throws {
        let gate = gate()
        let now = NIODeadline.now()
        let inside = try (0..<3).map { _ in try channel("192.0.2.1") }
        #expect(inside.allSatisfy { gate.enter($0, now: now) })
        let refused = try channel("192.0.2.1")
        #expect(!gate.enter(refused, now: now))
        #expect(!refused.isActive)
        #expect(!inside.contains { !$0.isActive })
        let other = try channel("192.0.2.2")
        #expect(gate.enter(other, now: now))
        #expect(gate.count == 4)
    }

    @Test func `all together get no more than the total`() throws {
        let gate = gate(total: 5)
        let now = NIODeadline.now()
        let all = try (1...6).map { try channel("192.0.2.\($0)") }
        #expect(all.map { gate.enter($0, now: now) } == [true, true, true, true, true, false])
    }

    @Test func `who holds a place for long loses it to the next`() throws {
        let gate = gate()
        let now = NIODeadline.now()
        let old = try channel("192.0.2.1")
        #expect(gate.enter(old, now: now))
        for _ in 0..<2 {
            let young = try channel("192.0.2.1")
            #expect(gate.enter(young, now: now + .seconds(1)))
        }
        let next = try channel("192.0.2.1")
        #expect(gate.enter(next, now: now + .seconds(2)))
        #expect(!old.isActive && next.isActive)
        #expect(gate.count == 3)
    }

    @Test func `places are free again when a peer is known or gone`() throws {
        let gate = gate(perNetwork: 1)
        let known = try channel("192.0.2.1")
        #expect(gate.enter(known))
        gate.leave(known)
        gate.leave(known)
        let gone = try channel("192.0.2.1")
        #expect(gate.enter(gone))
        try gone.close().wait()
        gone.embeddedEventLoop.run()
        #expect(gate.count == 0)
        let next = try channel("192.0.2.1")
        #expect(gate.enter(next))
    }

    @Test func `an IPv6 host counts as its network and a mapped IPv4 address as itself`() throws {
        let addresses = [
            "2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2",
        ]
        let networks = try addresses.map { PeerNetwork(try SocketAddress(ipAddress: $0, port: 1)) }
        #expect(networks[0] == networks[1])
        #expect(networks[3] == networks[4])
        #expect(Set(networks).count == 4)
    }

    @Test func `an agent is no stranger after its hello`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.connect()
        #expect(fixture.strangers.enter(fixture.channel))
        try await fixture.hello()
        #expect(fixture.strangers.count == 0)
    }
}

@Suite struct `Enrollments that fail` {
    private func network(_ address: String) throws -> PeerNetwork {
        PeerNetwork(try SocketAddress(ipAddress: address, port: 1))
    }

    @Test func `are bounded for a network and in all, until the minute is over`() throws {
        let pace = AttemptPace(limits: .init(total: 3, perNetwork: 2, period: .seconds(60)))
        let now = NIODeadline.now()
        let (one, other) = (try network("192.0.2.1"), try network("192.0.2.2"))
        func attempt(_ network: PeerNetwork) -> Bool {
            guard pace.admits(network, now: now) else { return false }
            pace.failed(network, now: now)
            return true
        }
        #expect([one, one, one].map(attempt) == [true, true, false])
        #expect([other, other].map(attempt) == [true, false])
        #expect(pace.admits(one, now: now + .seconds(60)))
    }

    @Test func `those that are under way, and succeed, do not count`() throws {
        let pace = AttemptPace(limits: .init(total: 2, perNetwork: 1, period: .seconds(60)))
        let now = NIODeadline.now()
        let one = try network("192.0.2.1")
        for _ in 0..<5 { #expect(pace.admits(one, now: now)) }
    }
}
