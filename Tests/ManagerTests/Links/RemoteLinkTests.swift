import ActiveResponse
import AgentProtocol
import NIOCore
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `Sending orders over a link` {
    private func order(_ command: String) -> Order {
        Order(
            id: .of(alertIdentity: [1], activeResponse: "r", agent: "001", action: "run"), command: command,
            activeResponse: "r", executable: "e", alertID: "1.1", ruleID: "5712", agentName: "web-03", agentID: "001")
    }

    @Test func `orders that come while the event loop is busy leave together, in their order`() throws {
        let counter = FlushCounter()
        let channel = EmbeddedChannel(handler: counter)
        let link = RemoteLink(agentID: "001", fingerprint: "x", channel: channel)
        for name in ["a", "b", "c"] { link.send(order(name)) }
        channel.embeddedEventLoop.run()
        #expect(counter.flushes == 1)
        link.send(order("d"))
        channel.embeddedEventLoop.run()
        #expect(counter.flushes == 2)
        var names: [String] = []
        while case .order(let payload)? = try channel.readOutbound(as: Message.self) {
            names.append(try Order(encoded: payload).command)
        }
        #expect(names == ["a", "b", "c", "d"])
    }
}

private final class FlushCounter: ChannelOutboundHandler {
    typealias OutboundIn = Message

    private(set) var flushes = 0

    func flush(context: ChannelHandlerContext) {
        flushes += 1
        context.flush()
    }
}
