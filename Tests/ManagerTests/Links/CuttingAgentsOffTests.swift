import AgentProtocol
import NIOCore
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `Cutting agents off` {
    @Test func `a connection from before the removal that says hello after it is refused`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.connect()
        fixture.registry.remove("001")
        try await fixture.hello()
        #expect(try await fixture.sent() == [.failure(code: .notEnrolled, text: "this agent is not enrolled")])
        #expect(!fixture.channel.isActive)
    }

    @Test(arguments: [true, false])
    func `an agent that is removed, or replaced, while its link comes up gets none`(removed: Bool) async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.connect()
        try await fixture.hello()
        if removed {
            fixture.registry.remove("001")
        } else {
            fixture.registry.add(.sample("001", fingerprint: "another"))
        }
        fixture.dispatcher.cut(agent: "001", reason: "test")
        try await fixture.pump()
        #expect(try await fixture.sent().last == .goodbye(reason: "the agent is not enrolled"))
        #expect(!fixture.channel.isActive)
        #expect(fixture.registry.find("001")?.isConnected != true)
    }

    @Test func `a cut link is no sign of life`() async throws {
        let fixture = try await AgentConnectionFixture()
        try await fixture.connect()
        let link = RemoteLink(agentID: "001", fingerprint: "x", channel: fixture.channel)
        fixture.events.send(.heard(link))
        try await fixture.pump()
        #expect(fixture.registry.find("001")?.isConnected == false)
    }

    @Test func `a peer that does not read its goodbye is cut after two seconds`() throws {
        let channel = EmbeddedChannel(handler: DeafPeer())
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        RemoteLink(agentID: "001", fingerprint: "x", channel: channel).close(reason: "test")
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1900))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        #expect(!channel.isActive)
    }
}

/// A peer to which nothing gets through: no write ever ends.
private final class DeafPeer: ChannelOutboundHandler {
    typealias OutboundIn = Message

    private var writes: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { writes.append(promise) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        for write in writes { write.fail(ChannelError.ioOnClosedChannel) }
        writes = []
        context.close(mode: mode, promise: promise)
    }
}
