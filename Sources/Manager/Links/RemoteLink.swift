import ActiveResponse
import AgentProtocol
import NIOCore

/// The link to an agent over its TLS connection.
final class RemoteLink: AgentLink {
    let agentID: String
    private let channel: any Channel

    init(agentID: String, channel: any Channel) {
        self.agentID = agentID
        self.channel = channel
    }

    func send(_ order: Order) {
        channel.writeAndFlush(Message.order(payload: order.encoded()), promise: nil)
    }

    func acknowledge(through sequence: UInt64) {
        channel.writeAndFlush(Message.reportAck(throughSequence: sequence), promise: nil)
    }

    func close(reason: String) {
        let channel = channel
        channel.writeAndFlush(Message.goodbye(reason: reason)).whenComplete { _ in channel.close(promise: nil) }
    }
}
