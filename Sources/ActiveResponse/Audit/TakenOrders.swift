import Synchronization

/// The orders that came in, on their way to the audit log, which tells of each with its first event.
final class TakenOrders: Sendable {
    private let orders = Mutex<[DispatchID: [Order]]>([:])

    /// Keeps an order until its event comes; without its alert, which the log does not hold.
    func add(_ order: Order) {
        var order = order
        order.alertJSON = []
        orders.withLock { $0[order.id, default: []].append(order) }
    }

    /// The order of which this event tells the first time; nil for other events.
    func take(_ event: ResponseEvent) -> Order? {
        guard event.kind == .received else { return nil }
        return orders.withLock { orders in
            let order = orders[event.dispatchID]?.removeFirst()
            if orders[event.dispatchID]?.isEmpty == true { orders[event.dispatchID] = nil }
            return order
        }
    }
}
