import ActiveResponse
import AgentProtocol
import NIOCore
import Synchronization

/// The link to an agent over its TLS connection.
final class RemoteLink: AgentLink {
    /// Tells the link's own handler that one thing less is underway.
    struct Taken: Sendable {}

    let agentID: String
    /// The fingerprint of the certificate that the link was opened with.
    let fingerprint: String
    private let channel: any Channel
    /// Orders that wait for the event loop: while it encrypts and sends one, those of a burst gather behind it and
    /// leave together.
    private let waiting = Mutex<[Message]>([])
    /// How many answers to ``send(trust:renewWithin:)`` are to come.
    private let trustAnswers = Mutex(0)

    init(agentID: String, fingerprint: String, channel: any Channel) {
        self.agentID = agentID
        self.fingerprint = fingerprint
        self.channel = channel
    }

    func send(_ order: Order) {
        let message = Message.order(payload: order.encoded())
        let isFirst = waiting.withLock { waiting in
            waiting.append(message)
            return waiting.count == 1
        }
        if isFirst { channel.eventLoop.execute { self.sendWaiting() } }
    }

    private func sendWaiting() {
        let messages = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for message in messages { channel.write(message, promise: nil) }
        channel.flush()
    }

    func pause(_ isPaused: Bool) {}

    func acknowledge(through sequence: UInt64) {
        channel.writeAndFlush(Message.reportAck(throughSequence: sequence), promise: nil)
    }

    func describe(_ ids: [DispatchID]) {
        channel.writeAndFlush(Message.describe(dispatchIDs: ids.map(\.bytes)), promise: nil)
    }

    /// Hands the agent a new certificate in PEM.
    func send(renewed certificate: String) {
        channel.writeAndFlush(Message.renewResponse(certificateChain: certificate), promise: nil)
    }

    /// Tells the agent whom to trust.
    func send(trust authorities: [[UInt8]], renewWithin seconds: UInt64) {
        trustAnswers.withLock { $0 += 1 }
        channel.writeAndFlush(Message.trust(authorities: authorities, renewWithin: seconds), promise: nil)
    }

    /// Whether the agent owes an answer to ``send(trust:renewWithin:)``, which is this one: none is taken unasked.
    func takesTrustAnswer() -> Bool {
        trustAnswers.withLock { answers in
            guard answers > 0 else { return false }
            answers -= 1
            return true
        }
    }

    /// A part of a summary, a description or a notice that came over this link was dealt with.
    func taken() {
        channel.triggerUserOutboundEvent(Taken(), promise: nil)
    }

    func close(reason: String) {
        channel.end(after: .goodbye(reason: reason))
    }
}

extension Channel {
    /// How long a last message may take to leave.
    private static var farewell: TimeAmount { .seconds(2) }

    /// Sends a last message and closes.
    ///
    /// A peer that does not read, so that the message never leaves, is cut off all the same.
    func end(after message: Message) {
        let cut = eventLoop.scheduleTask(in: Self.farewell) { self.close(promise: nil) }
        writeAndFlush(message).whenComplete { _ in
            cut.cancel()
            self.close(promise: nil)
        }
    }
}
