import ActiveResponse
import Daemon
import Logging
import Synchronization

/// What is for all responses at once: the stop, and undoing everything.
extension Dispatcher {
    /// Those of the responses to undo that are read from the ledger at a time.
    private static let page = 500

    /// The order that nothing new may run, when it is in force.
    var stop: Stop? { state.withLock { $0.delivery.stop } }

    /// From this moment nothing new runs: what is decided is held, what waits for an agent goes on waiting.
    ///
    /// In force at once, and in the ledger when this returns. A stop that is in force already stays as it is. One that the
    /// ledger cannot take outlives the manager too, by a mark.
    ///
    /// - Returns: the stop that is in force.
    func stopAll(_ stop: Stop) async throws(LedgerError) -> Stop {
        var inForce = stop
        do throws(LedgerError) {
            _ = try await durably(patience: Self.patience) { state in
                if let earlier = state.delivery.begin(stop) {
                    inForce = earlier
                    return []
                }
                logger.warning("Everything is stopped", metadata: .of([.reason: stop.description]))
                return [.stop(stop), .event(.change("stopped", detail: stop.description, at: stop.at))]
            }
        } catch {
            if !stopMark.leave(stop) {
                logger.error(
                    "Stop holds until the manager ends and no longer: it cannot be written down",
                    metadata: .of([.file: stopMark.path]))
            }
            throw error
        }
        return inForce
    }

    /// Takes the stop back: what waited for agents is sent, what is held goes on waiting for an answer.
    ///
    /// In the ledger before anything runs. One that somebody orders meanwhile stays.
    ///
    /// - Returns: false when nothing was stopped.
    /// - Throws: ``LedgerError/heldUp(reason:)`` while the ledger is known to be stuck.
    func resumeAll(by: String) async throws(LedgerError) -> Bool {
        if let trouble = ledger.trouble { throw .heldUp(reason: trouble) }
        var number: Int?
        _ = try await durably { state in
            number = state.delivery.beginLifting()
            guard number != nil else { return [] }
            return [.stop(nil), .event(.change("resumed", detail: "by \(by)", at: Timestamp.now()))]
        }
        guard let number else { return false }
        stopMark.remove()
        if state.withLock({ $0.delivery.lift(number) }) {
            logger.warning("The stop is taken back", metadata: .of([.reason: "by \(by)"]))
        }
        return true
    }

    /// Asks for the undo of every response in force, of one agent or command when they are given.
    ///
    /// All that the ledger knows of are asked for at once, whatever else it does; this returns when it has that.
    ///
    /// - Parameter author: who asks, as agents are told; with `detail` in the ledger.
    /// - Returns: for how many.
    func undoAll(
        agent: String?, command: String?, author: String, detail: String
    ) async throws(LedgerError) -> Int {
        let orders = try await undoAll(agent: agent, command: command, author: author, detail: detail) { _ in true }
        let scope = [agent.map { "agent \($0)" }, command.map { "command \($0)" }].compactMap(\.self)
        let what = scope.isEmpty ? "" : " (\(scope.joined(separator: ", ")))"
        let note = "\(orders.count) responses\(what), \(detail)"
        // What comes last is the last to be committed.
        do throws(LedgerError) {
            _ = try await durably(patience: Self.patience) { _ in
                [.event(.change("undo_all", detail: note, at: Timestamp.now()))]
            }
        } catch {
            guard case .delayed(let reason) = error else { throw error }
            throw .partly(done: "the undo of \(orders.count) responses was requested", reason: reason)
        }
        return orders.count
    }

    /// Asks for the undo of what isolates agents, whatever its command is called.
    ///
    /// - Returns: the orders of the responses that are to be undone.
    func undoIsolation(of agents: [String], author: String, detail: String) async throws(LedgerError) -> [Order] {
        var found: [Order] = []
        for agent in agents {
            found += try await undoAll(agent: agent, command: nil, author: author, detail: detail, where: \.isolates)
        }
        if !found.isEmpty { try await settled(patience: Self.patience) { commit([], completion: $0) } }
        return found
    }

    /// Asks for undos and does not wait for the ledger.
    private func undoAll(
        agent: String?, command: String?, author: String, detail: String, where isWanted: (Order) -> Bool
    ) async throws(LedgerError) -> [Order] {
        var found: [Order] = []
        var last: Int64 = 0
        while true {
            let page = try await ledger.undoable(agent: agent, command: command, after: last, limit: Self.page)
            guard let end = page.last else { return found }
            last = end.sequence
            let orders = page.compactMap { try? Order(encoded: $0.order) }.filter(isWanted)
            guard !orders.isEmpty else { continue }
            state.withLock { commit(requests(orders, author: author, detail: detail, &$0)) }
            found += orders
        }
    }

    /// Notes a change by hand that is about no single response.
    func note(_ name: String, detail: String) async throws(LedgerError) {
        try await ledger.append([.event(.change(name, detail: detail, at: Timestamp.now()))])
    }
}

extension Order {
    /// Whether its script is the shipped one that cuts its host off, under either of its names.
    fileprivate var isolates: Bool { ["isolate", "isolate.sh"].contains(executable) }
}
