import ActiveResponse
import Synchronization

/// What an agent's journal holds as not over, to be compared with the ledger in one transaction: after every report
/// that led to it, and before every later one.
struct Reconciliation: Sendable, Equatable {
    let agent: String
    /// Unix milliseconds.
    let at: Int64
    let held: [HeldDispatch]
    /// Gets what was found; a transaction that is tried again finds it anew.
    let findings = Findings()

    /// What the comparison has found.
    struct Differences: Sendable, Equatable {
        /// Responses that were not over in the ledger and that the journal does not know.
        var lost: [DispatchID] = []
        /// Responses that are in force by the journal and were something else in the ledger.
        var active: [Active] = []
        /// Responses whose undo is due at another time.
        var moved = 0
        /// Dispatches of the journal that the ledger does not know.
        var unknown: [DispatchID] = []

        var isEmpty: Bool { self == Differences() }

        struct Active: Sendable, Equatable {
            let id: DispatchID
            let activeResponse: String
        }
    }

    final class Findings: Sendable {
        private let differences = Mutex(Differences())

        var value: Differences {
            get { differences.withLock { $0 } }
            set { differences.withLock { $0 = newValue } }
        }
    }

    static func == (left: Reconciliation, right: Reconciliation) -> Bool {
        left.agent == right.agent && left.at == right.at && left.held == right.held
    }
}

/// An undo by hand, after which alerts do not apply the same response again for a while (`<undo_grace>`).
struct Lift: Sendable, Equatable {
    let agent: String
    let key: ResponseKey
    /// The response that is undone.
    let dispatch: DispatchID
    let by: String
    /// When it was asked for, in unix milliseconds.
    let at: Int64
    /// Until when it counts, in unix milliseconds; not later than ``at`` when it does not count any more.
    var until: Int64
}
