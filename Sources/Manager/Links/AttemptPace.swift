import NIOCore
import Synchronization

/// How many attempts with a token may fail in a minute, of one network and in all.
///
/// A token's 192 random bits cannot be guessed; this bounds the work of checking what is shown: for an enrollment each
/// time a write to the ledger. Those that succeed do not count, so a thousand hosts may enroll at once.
final class AttemptPace: Sendable {
    struct Limits: Sendable {
        var total = 300
        var perNetwork = 20
        var period = TimeAmount.seconds(60)
    }

    private struct State {
        var end: NIODeadline?
        var failures: [PeerNetwork: Int] = [:]
        var total = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether an attempt may go on.
    ///
    /// Those that are under way do not count, since many hosts behind one address may enroll at once: of them there are
    /// never more than ``StrangerGate`` lets in.
    func admits(_ network: PeerNetwork, now: NIODeadline) -> Bool {
        state.withLock { state in
            begin(&state, now)
            return state.total < limits.total && state.failures[network] ?? 0 < limits.perNetwork
        }
    }

    /// An attempt has failed.
    func failed(_ network: PeerNetwork, now: NIODeadline) {
        state.withLock { state in
            begin(&state, now)
            state.total += 1
            state.failures[network, default: 0] += 1
        }
    }

    /// Begins the next period when the present one is over.
    private func begin(_ state: inout State, _ now: NIODeadline) {
        if state.end.map({ now >= $0 }) ?? true { state = State(end: now + limits.period) }
    }
}
