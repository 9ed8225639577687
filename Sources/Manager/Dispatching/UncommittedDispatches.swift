import ActiveResponse
import Synchronization

/// Dispatches whose ledger entries are on their way: the ledger does not know them yet, but they are not new.
final class UncommittedDispatches: Sendable {
    private let ids = Mutex<Set<DispatchID>>([])

    /// Notes an id; returns false when it was noted already.
    func insert(_ id: DispatchID) -> Bool {
        ids.withLock { $0.insert(id).inserted }
    }

    func contains(_ id: DispatchID) -> Bool {
        ids.withLock { $0.contains(id) }
    }

    func remove(_ committed: [DispatchID]) {
        ids.withLock { $0.subtract(committed) }
    }
}
