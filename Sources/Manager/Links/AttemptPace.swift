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

    /// Counts an attempt as failed until ``succeeded(_:)`` is called for it.
    ///
    /// No more networks are remembered than attempts are let in.
    ///
    /// - Returns: whether the attempt may go on.
    func begin(_ network: PeerNetwork, now: NIODeadline) -> Bool {
        state.withLock { state in
            if state.end.map({ now >= $0 }) ?? true { state = State(end: now + limits.period) }
            let failures = state.failures[network] ?? 0
            guard state.total < limits.total, failures < limits.perNetwork else { return false }
            state.total += 1
            state.failures[network] = failures + 1
            return true
        }
    }

    /// An attempt was none that counts.
    func succeeded(_ network: PeerNetwork) {
        state.withLock { state in
            // The attempt may have begun in the period before.
            guard let failures = state.failures[network], failures > 0 else { return }
            state.failures[network] = failures > 1 ? failures - 1 : nil
            state.total -= 1
        }
    }
}
