import ActiveResponse
import Alerts
import Daemon
import Foundation
import Hummingbird
import Policy

extension ControlOperations {
    // MARK: Responses

    func responses(agent: String?, state: String?, limit: String?) async throws -> [API.Response] {
        var filter = DispatchFilter()
        if let agent {
            filter.agent = agent == OrderFactory.managerID ? agent : registry.find(agent)?.record.id ?? agent
        }
        if let state {
            guard let known = DispatchState(rawValue: state) else {
                let all = DispatchState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlFailure(.badRequest, "there is no state \"\(state)\"; the states are \(all)")
            }
            filter.state = known
        }
        if let limit { filter.limit = try Self.limit(limit) }
        let found = try await ledger.dispatches(filter).map(Self.summary)
        if let agent, found.isEmpty, filter.agent != OrderFactory.managerID, registry.find(agent) == nil {
            // An agent that was removed is known by its responses.
            let any = try await ledger.dispatches(DispatchFilter(agent: filter.agent, limit: 1))
            if any.isEmpty { throw Self.noAgent(agent) }
        }
        return found
    }

    static func limit(_ text: String) throws -> Int {
        guard let number = Int(text), (1...100_000).contains(number) else {
            throw ControlFailure(.badRequest, "a limit is a number from 1 to 100000, not \"\(text)\"")
        }
        return number
    }

    func response(_ idText: String) async throws -> API.ResponseDetail {
        let id = try await dispatchID(idText)
        guard let record = try await ledger.dispatch(id) else { throw Self.noResponse(idText) }
        let timeline = try await ledger.timeline(id)
        let summary = Self.summary(record)
        return API.ResponseDetail(
            id: summary.id, state: summary.state, command: summary.command, activeResponse: summary.activeResponse,
            agent: summary.agent, alertId: summary.alertId, ruleId: summary.ruleId, user: summary.user,
            srcip: summary.srcip, created: summary.created, undoDue: summary.undoDue,
            undoRetry: summary.undoRetry, observed: summary.observed,
            timeline: timeline.map { event in
                API.TimelineEntry(
                    at: Timestamp.iso8601(milliseconds: event.at), event: event.name, detail: Self.detail(of: event))
            },
            exitStatus: .init(record.progress.exitStatus.map(Int.init)),
            output: String(decoding: record.output ?? [], as: UTF8.self),
            durationMs: .init(record.progress.durationMilliseconds.map(Int.init)),
            undoRequestedBy: .init(record.progress.undoRequestedBy),
            heldReason: summary.heldReason, heldUntil: summary.heldUntil, heldDefault: summary.heldDefault,
            agentStatus: .init(status(ofAgent: summary.agent)))
    }

    /// The manager, which runs scripts too, is always there.
    private func status(ofAgent id: String) -> String? {
        id == OrderFactory.managerID ? "active" : registry.find(id)?.status
    }

    private static func detail(of event: DispatchEvent) -> String {
        guard let due = event.undoDue else { return event.detail }
        let text = "undo due \(Timestamp.iso8601(milliseconds: due))"
        return event.detail.isEmpty ? text : event.detail + ", " + text
    }

    /// Undoes an active response before its time.
    func undo(_ idText: String, by author: Author) async throws -> API.ResponseDetail {
        let id = try await dispatchID(idText)
        guard let record = try await ledger.dispatch(id), let order = try await order(id) else {
            throw Self.noResponse(idText)
        }
        // An agent holds some that were ordered without a timeout: those say when their undo is due.
        guard record.facts.isStateful || record.progress.undoDue != nil else {
            throw ControlFailure(.conflict, "the response \(id) is stateless: there is nothing to undo")
        }
        switch record.progress.state {
        case .delivered, .running, .active, .failed, .undoFailed, .unknown: break
        case let state:
            throw ControlFailure(.conflict, "the response \(id) is \(state.rawValue): there is nothing to undo")
        }
        let agent = record.facts.agentID
        guard agent == OrderFactory.managerID || registry.find(agent) != nil else {
            throw ControlFailure(
                .conflict, "agent \(agent) is not enrolled any more; it undoes the response by itself when it is due")
        }
        try await dispatcher.undo(
            [order], author: author.name, detail: author.detail, patience: Dispatcher.patience)
        return try await response(id.description)
    }

    /// Takes back an order that waits for its agent.
    func cancel(_ idText: String, by author: Author) async throws -> API.ResponseDetail {
        let id = try await dispatchID(idText)
        guard let record = try await ledger.dispatch(id) else { throw Self.noResponse(idText) }
        guard try await dispatcher.cancel(id, agent: record.facts.agentID, by: author.text) else {
            if record.progress.state == .held {
                throw ControlFailure(
                    .conflict, "the response \(id) is held; \"edr-control responses deny\" takes it back")
            }
            throw ControlFailure(
                .conflict,
                "the response \(id) is \(record.progress.state.rawValue), or is on its way to its agent: only one that "
                    + "waits here can be cancelled; \"edr-control responses undo\" ends an active one")
        }
        return try await response(id.description)
    }

    /// Lets a held response run.
    func approve(_ idText: String, by author: Author) async throws -> API.ResponseDetail {
        let record = try await held(idText)
        if let stop = dispatcher.stop {
            throw ControlFailure(
                .conflict, "everything is \(stop.description); nothing runs before \"edr-control resume\"")
        }
        let agent = record.facts.agentID
        guard agent == OrderFactory.managerID || registry.find(agent) != nil else {
            throw ControlFailure(.conflict, "agent \(agent) is not enrolled any more; the response can only be denied")
        }
        guard try await dispatcher.approve([record.facts.id], by: author.text).isEmpty == false else {
            throw Self.answered(record.facts.id)
        }
        return try await response(record.facts.id.description)
    }

    /// Takes a held response back.
    func deny(_ idText: String, by author: Author) async throws -> API.ResponseDetail {
        let id = try await held(idText).facts.id
        guard try await dispatcher.deny([id], by: author.text).isEmpty == false else { throw Self.answered(id) }
        return try await response(id.description)
    }

    private func held(_ idText: String) async throws -> DispatchRecord {
        let id = try await dispatchID(idText)
        guard let record = try await ledger.dispatch(id) else { throw Self.noResponse(idText) }
        guard record.progress.state == .held else {
            throw ControlFailure(
                .conflict, "the response \(id) is \(record.progress.state.rawValue): it waits for no answer")
        }
        return record
    }

    private static func answered(_ id: DispatchID) -> ControlFailure {
        ControlFailure(.conflict, "the response \(id) has just been answered by somebody else")
    }

    private func order(_ id: DispatchID) async throws -> Order? {
        guard let bytes = try await ledger.order(id) else { return nil }
        do {
            return try Order(encoded: bytes)
        } catch {
            throw ControlFailure(.internalServerError, "the order of \(id) cannot be read: \(error)")
        }
    }

    /// Finds the dispatch that an id or the unique beginning of one means.
    private func dispatchID(_ text: String) async throws -> DispatchID {
        if let id = DispatchID(hex: text) { return id }
        guard text.count >= 6 else {
            throw ControlFailure(.badRequest, "give at least 6 digits of the response's id, not \"\(text)\"")
        }
        let found = try await ledger.dispatchIDs(prefix: text, limit: 2)
        guard let id = found.first else { throw Self.noResponse(text) }
        guard found.count == 1 else {
            throw ControlFailure(.conflict, "more than one response's id begins with \"\(text)\"; give more digits")
        }
        return id
    }

    private static func noResponse(_ id: String) -> ControlFailure {
        ControlFailure(.notFound, "there is no response \"\(id)\"; see \"edr-control responses list\"")
    }

    private static func summary(_ record: DispatchRecord) -> API.Response {
        let facts = record.facts
        return API.Response(
            id: facts.id.description, state: record.progress.state.rawValue, command: facts.command,
            activeResponse: facts.activeResponse, agent: facts.agentID, alertId: facts.alertID, ruleId: facts.ruleID,
            user: .init(facts.user), srcip: .init(facts.sourceAddress),
            created: Timestamp.iso8601(milliseconds: facts.created),
            undoDue: .init(record.progress.undoDue.map(Timestamp.iso8601(milliseconds:))),
            undoRetry: .init(record.progress.undoRetry.map(Timestamp.iso8601(milliseconds:))),
            heldReason: .init(record.hold?.reason),
            heldUntil: .init((record.hold?.deadline).map(Timestamp.iso8601(milliseconds:))),
            heldDefault: .init(record.hold.map { $0.isApprovedByDefault ? "approve" : "deny" }),
            observed: record.isObserved)
    }

    // MARK: By hand

    /// Runs a configured command on an agent, or on all, without an alert.
    func run(_ wanted: API.CommandRequest, by author: Author) async throws -> API.CommandAnswer {
        let policy = context.current.policy
        let command = try HandCommand(
            wanted.command, timeout: wanted.timeoutSeconds.map(Int64.init), commands: policy.commands)
        var target = HandTarget(user: wanted.user, filename: wanted.filename, arguments: wanted.arguments ?? [])
        if let text = wanted.srcip {
            target.sourceAddress = IPAddress(text)
            if target.sourceAddress == nil { throw ControlFailure(.badRequest, "(1271) \"\(text)\" is no IP address") }
        }
        return try await run(command, on: target, agents: try targets(wanted.agent), by: author)
    }

    /// Does one of the built-in actions, which need no configuration.
    func send(_ wanted: API.ActionRequest, by author: Author) async throws -> API.CommandAnswer {
        guard let action = HandAction(rawValue: wanted.action) else {
            let all = HandAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlFailure(.badRequest, "there is no action \"\(wanted.action)\"; the actions are \(all)")
        }
        let target = try action.target(wanted)
        let agents = try targets(wanted.agent)
        if action == .restore { return try await release(agents, by: author) }
        return try await run(
            HandCommand(action, timeout: action.timeout(wanted)), on: target, agents: agents, by: author)
    }

    /// Ends the isolation of agents.
    private func release(_ agents: [(id: String, name: String)], by author: Author) async throws -> API.CommandAnswer {
        let orders = try await dispatcher.undoIsolation(
            of: agents.map(\.id), author: author.name, detail: author.detail)
        guard !orders.isEmpty else {
            throw ControlFailure(
                .conflict, "no response isolates this agent as far as the manager knows: there is nothing to restore")
        }
        return API.CommandAnswer(
            responses: orders.map { .init(id: $0.id.description, agent: $0.agentID, state: "undo_requested") })
    }

    private func run(
        _ command: HandCommand, on target: HandTarget, agents: [(id: String, name: String)], by author: Author
    ) async throws -> API.CommandAnswer {
        do throws(HandRefusal) {
            try command.check(target, whiteList: context.current.policy.whiteList)
        } catch {
            throw ControlFailure(.badRequest, error.message)
        }
        let orders = command.orders(target, agents: agents, managerName: managerName, now: Timestamp.now())
        let isHeld = try await dispatcher.run(orders, author: author.text)
        return API.CommandAnswer(
            responses: orders.map {
                .init(id: $0.id.description, agent: $0.agentID, state: isHeld ? "held" : "queued")
            })
    }

    func targets(_ agent: String) throws -> [(id: String, name: String)] {
        let manager = (id: OrderFactory.managerID, name: managerName)
        if agent == OrderFactory.managerID { return [manager] }
        if agent.lowercased() == "all" {
            return [manager] + registry.all.map { (id: $0.record.id, name: $0.record.name) }
        }
        guard let entry = registry.find(agent) else {
            throw Self.noAgent(agent)
        }
        return [(entry.record.id, entry.record.name)]
    }
}
