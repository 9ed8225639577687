import Daemon
import Logging
import NIOCore
import Synchronization

/// Counts the connections whose peers nobody knows yet, and lets in no more than the manager can bear.
///
/// A peer is a stranger from the accepted connection to its hello, for an agent, to its first good token, for a client of
/// the control API, or to its end. Where there is no room,
/// a new stranger takes the place of the oldest one, unless that one came just now: whoever holds places without going
/// on cannot keep agents out, and agents that all come back at once do not throw each other out. The others are
/// closed at once; agents come again after a while.
///
/// A stranger costs at most some 100 KB: its socket's buffers aside, a TLS connection in its handshake (40 KB), no more
/// than 32 KB of handshake messages, and for an enrollment one frame of 16 KB.
final class StrangerGate: Sendable {
    /// What is let in.
    struct Limits: Sendable {
        /// How many strangers there may be.
        var total = 512
        /// How many of one network, see ``PeerNetwork``.
        var perNetwork = 128
        /// How long a stranger keeps its place whoever comes: many times what a handshake takes.
        var patience = TimeAmount.seconds(2)
    }

    private struct Stranger {
        let channel: any Channel
        let network: PeerNetwork
        let since: NIODeadline
    }

    private struct State {
        var strangers: [ObjectIdentifier: Stranger] = [:]
        var counts: [PeerNetwork: Int] = [:]
        /// How many were turned away since the last line about it.
        var refused = 0
        var isReporting = false

        mutating func remove(_ id: ObjectIdentifier) {
            guard let stranger = strangers.removeValue(forKey: id) else { return }
            let count = (counts[stranger.network] ?? 0) - 1
            counts[stranger.network] = count > 0 ? count : nil
        }
    }

    /// How often the number of those who were turned away is logged at most.
    private static let reportInterval = TimeAmount.seconds(60)

    private let limits: Limits
    private let logger: Logger
    private let state = Mutex(State())

    init(limits: Limits = Limits(), logger: Logger) {
        self.limits = limits
        self.logger = logger
    }

    /// How many strangers there are.
    var count: Int { state.withLock { $0.strangers.count } }

    /// Whether nobody knows yet who is at the other end.
    func holds(_ channel: any Channel) -> Bool {
        state.withLock { $0.strangers[ObjectIdentifier(channel)] != nil }
    }

    /// Takes a new connection in, or closes it.
    ///
    /// - Returns: whether it was taken in.
    func enter(_ channel: any Channel, now: NIODeadline = .now()) -> Bool {
        let network = PeerNetwork(channel.remoteAddress)
        let id = ObjectIdentifier(channel)
        let (isIn, evicted) = state.withLock { state -> (Bool, (any Channel)?) in
            var evicted: (any Channel)?
            let isNetworkFull = state.counts[network] ?? 0 >= limits.perNetwork
            if isNetworkFull || state.strangers.count >= limits.total {
                let oldest = state.strangers.filter { !isNetworkFull || $0.value.network == network }
                    .min { $0.value.since < $1.value.since }
                guard let oldest, now - oldest.value.since >= limits.patience else { return (false, nil) }
                evicted = oldest.value.channel
                state.remove(oldest.key)
            }
            state.strangers[id] = Stranger(channel: channel, network: network, since: now)
            state.counts[network, default: 0] += 1
            return (true, evicted)
        }
        if isIn {
            channel.closeFuture.whenComplete { _ in self.leave(id) }
        } else {
            channel.close(promise: nil)
        }
        evicted?.close(promise: nil)
        if !isIn || evicted != nil { noteRefusal(on: channel.eventLoop) }
        return isIn
    }

    /// The peer is known now, or gone.
    func leave(_ channel: any Channel) {
        leave(ObjectIdentifier(channel))
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLock { $0.remove(id) }
    }

    private func noteRefusal(on eventLoop: any EventLoop) {
        let isFirst = state.withLock { state in
            state.refused += 1
            defer { state.isReporting = true }
            return !state.isReporting
        }
        if isFirst { report(on: eventLoop) }
    }

    private func report(on eventLoop: any EventLoop) {
        let refused = state.withLock { state in
            defer { state.refused = 0 }
            if state.refused == 0 { state.isReporting = false }
            return state.refused
        }
        guard refused > 0 else { return }
        logger.warning(
            "Too many connections of unknown peers; some were closed", metadata: .of([.count: refused]))
        eventLoop.scheduleTask(in: Self.reportInterval) { self.report(on: eventLoop) }
    }
}
