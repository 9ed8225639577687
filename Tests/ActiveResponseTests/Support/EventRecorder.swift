import ActiveResponse
import Synchronization

/// Collects the events of an executor and lets tests wait for them.
final class EventRecorder: Sendable {
    private struct Waiter: Sendable {
        let number: Int
        let isMet: @Sendable ([ResponseEvent]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var events: [ResponseEvent] = []
        var batches = 0
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    func record(_ events: [ResponseEvent]) {
        let met = state.withLock { state in
            state.events += events
            state.batches += 1
            let met = state.waiters.filter { $0.isMet(state.events) }
            state.waiters.removeAll { $0.isMet(state.events) }
            return met
        }
        for waiter in met { waiter.continuation.resume() }
    }

    var events: [ResponseEvent] { state.withLock { $0.events } }
    /// How often events came, one or many at once.
    var batches: Int { state.withLock { $0.batches } }

    /// Waits until the events so far meet a condition, or the test is cancelled because its time is over.
    func wait(until isMet: @escaping @Sendable ([ResponseEvent]) -> Bool) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMetAlready = state.withLock { state in
                    if isMet(state.events) || Task.isCancelled { return true }
                    state.waiters.append(Waiter(number: number, isMet: isMet, continuation: continuation))
                    return false
                }
                if isMetAlready { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }

    /// Waits for the first event of a kind for a dispatch.
    func first(_ kind: ResponseEvent.Kind, _ id: DispatchID) async -> ResponseEvent {
        await wait { events in events.contains { $0.kind == kind && $0.dispatchID == id } }
        return events.first { $0.kind == kind && $0.dispatchID == id }
            ?? ResponseEvent(dispatchID: id, kind: kind, at: 0)
    }

    /// Waits for the event with which a run ends, whatever it is.
    func end(of id: DispatchID) async -> ResponseEvent {
        let isEnd: @Sendable (ResponseEvent) -> Bool = { event in
            event.dispatchID == id && [.finished, .active, .failed, .refused, .expired, .unknown].contains(event.kind)
        }
        await wait { $0.contains(where: isEnd) }
        return events.first(where: isEnd) ?? ResponseEvent(dispatchID: id, kind: .unknown, at: 0)
    }

    /// The kinds of a dispatch's events so far.
    func kinds(_ id: DispatchID) -> [ResponseEvent.Kind] {
        events.filter { $0.dispatchID == id }.map(\.kind)
    }
}
