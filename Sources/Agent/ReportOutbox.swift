import ActiveResponse
import AgentProtocol
import NIOCore
import Synchronization

/// Passes the executor's events to the manager over whatever link is up.
///
/// Nothing is kept here: the executor keeps every event until the manager has acknowledged it, and a new link
/// begins with all that are not acknowledged.
final class ReportOutbox: Sendable {
    /// The way of one link, which knows the last number that it has sent.
    private final class Way: Sendable {
        let channel: any Channel
        let sent: Mutex<UInt64>

        init(channel: any Channel, sent: UInt64) {
            self.channel = channel
            self.sent = Mutex(sent)
        }
    }

    private let way = Mutex<Way?>(nil)

    /// Takes events from the executor.
    ///
    /// Calls come one after the other, in the order of the events' numbers.
    func push(_ events: [ResponseEvent]) {
        guard let way = way.withLock({ $0 }) else { return }
        way.sent.withLock { sent in
            for event in events where event.sequence > sent {
                Self.write(event, to: way.channel)
                sent = event.sequence
            }
            way.channel.flush()
        }
    }

    /// Tells the manager at once; it is nothing that a later link would have to hear, where orders are sent anew.
    func push(_ notice: OrderNotice) {
        let message: Message =
            switch notice {
            case .turnedAway(let id, let reason): .turnedAway(dispatchID: id.bytes, reason: reason)
            case .ready: .ready
            }
        way.withLock { $0 }?.channel.writeAndFlush(message, promise: nil)
    }

    /// A link is up: sends what it has to begin with, then every new event.
    ///
    /// - Parameter unacknowledged: gives the events; called after the way is open, so that none is missed between.
    func open(_ channel: any Channel, unacknowledged: () -> [ResponseEvent]) {
        let opened = Way(channel: channel, sent: 0)
        // Held until the old events are on their way: a new one waits for the lock and comes after them.
        opened.sent.withLock { sent in
            way.withLock { $0 = opened }
            let events = unacknowledged()
            for event in events { Self.write(event, to: channel) }
            sent = events.last?.sequence ?? 0
            channel.flush()
        }
    }

    /// Sends something else in its place among the reports; nothing when the link has been replaced.
    func send(_ message: Message, over channel: any Channel) {
        guard let way = way.withLock({ $0 }), way.channel === channel else { return }
        way.sent.withLock { _ in channel.writeAndFlush(message, promise: nil) }
    }

    /// The link is down.
    func close(_ channel: any Channel) {
        way.withLock { way in
            if way?.channel === channel { way = nil }
        }
    }

    private static func write(_ event: ResponseEvent, to channel: any Channel) {
        channel.write(Message.report(payload: event.encoded()), promise: nil)
    }
}
