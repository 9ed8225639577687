import ActiveResponse
import Alerts
import Daemon
import Foundation
import Hummingbird
import Logging
import ManagerSettings
import Policy

/// What the control API can do, without HTTP: each operation answers with a document or throws a
/// ``ControlFailure``.
struct ControlOperations: Sendable {
    let ledger: any Ledger
    let dispatcher: Dispatcher
    let registry: AgentRegistry
    let context: DecisionContext
    let enrollment: EnrollmentDesk
    let authorities: AuthorityDesk
    let tokensOfAPI: APITokens
    let reloader: Reloader
    let statistics: [SourceStatistics]
    let httpSource: HTTPAlertSource
    /// The files that the configured sources follow.
    let sourcePaths: [String]
    let retention: Retention
    let managerName: String
    let started: ContinuousClock.Instant

    // MARK: Status and agents

    func status() async throws -> API.Status {
        let counts = try await ledger.counts()
        let settings = retention.settings
        return API.Status(
            version: programVersion,
            uptimeSeconds: Int(started.duration(to: .now).components.seconds),
            agents: registry.counts
                .merging(["active": 0, "disconnected": 0, "never_connected": 0]) { known, _ in known },
            sources: statistics.map { source in
                API.Status.Source(
                    name: source.name, read: source.value(.read), decided: source.value(.decided),
                    fired: source.value(.fired), skipped: source.value(.skipped), invalid: source.value(.invalid),
                    problem: .init(source.problem))
            },
            dispatches: Dictionary(
                DispatchState.allCases.map { ($0.rawValue, counts[$0] ?? 0) }, uniquingKeysWith: { first, _ in first }),
            stopped: .init(dispatcher.stop.map(API.Stopped.init)),
            queues: API.Status.Queues(ledger: ledger.queueDepth, delivery: dispatcher.pendingCount),
            ledger: API.Status.Ledger(
                sizeBytes: try await ledger.size().file, maxBytes: settings.maxSize,
                keepSeconds: Int(settings.keep.components.seconds),
                problem: .init(ledger.trouble ?? retention.status.problem)))
    }

    func agents() -> [API.Agent] {
        registry.all.map(Self.document)
    }

    func agent(_ idOrName: String) throws -> API.Agent {
        Self.document(try entry(idOrName))
    }

    /// Removes an agent: from this moment its certificate opens nothing, and an open link is cut.
    func removeAgent(_ idOrName: String, by author: Author) async throws -> API.RemovedAgent {
        let id = try entry(idOrName).record.id
        guard try await ledger.removeAgent(id, at: Timestamp.now(), by: author.text) else {
            throw Self.noAgent(idOrName)
        }
        registry.remove(id)
        dispatcher.remove(agent: id)
        authorities.refresh()
        return API.RemovedAgent(id: id, removed: true)
    }

    func createToken(_ wanted: API.TokenRequest, by author: Author) async throws -> API.Token {
        let lifetime = wanted.ttlSeconds ?? 3600
        guard (1...31_536_000).contains(lifetime) else {
            throw ControlFailure(
                .badRequest, "a token's time to live is 1 second to 1 year (in seconds), not \(lifetime)")
        }
        let uses = wanted.uses ?? 1
        guard (1...100_000).contains(uses) else {
            throw ControlFailure(.badRequest, "a token can be used 1 to 100000 times, not \(uses)")
        }
        guard uses == 1 || (wanted.id == nil && wanted.name == nil) else {
            throw ControlFailure(
                .badRequest,
                "an id or a name belongs to one agent: a token that gives one is used once, not \(uses) times; make "
                    + "a token for each agent, or one without id and name")
        }
        let expires = Timestamp.now() + Int64(lifetime) * 1000
        let token = try await enrollment.createToken(
            id: wanted.id, name: wanted.name, expires: expires, uses: uses, by: author.text)
        return API.Token(
            token: token, id: .init(wanted.id), name: .init(wanted.name),
            expires: Timestamp.iso8601(milliseconds: expires), uses: uses, warning: .init(warning(about: wanted)))
    }

    /// What an enrollment with the wanted id and name does to an agent that has one of them now.
    private func warning(about wanted: API.TokenRequest) -> String? {
        let agents = registry.all.map(\.record)
        let namesake = wanted.name.flatMap { name in agents.first { $0.name.lowercased() == name.lowercased() } }
        if let namesake, let id = wanted.id, namesake.id != id {
            return "agent \(namesake.id) has the name \"\(namesake.name)\": an enrollment with this token is refused "
                + "until it is removed (edr-control agents remove \(namesake.id))"
        }
        guard let taken = namesake ?? agents.first(where: { $0.id == wanted.id }) else { return nil }
        return "agent \(taken.id) (\"\(taken.name)\") exists: whoever enrolls with this token takes its place, and its "
            + "old certificate opens nothing any more"
    }

    private func entry(_ idOrName: String) throws -> AgentRegistry.Entry {
        guard let entry = registry.find(idOrName) else { throw Self.noAgent(idOrName) }
        return entry
    }

    static func noAgent(_ idOrName: String) -> ControlFailure {
        ControlFailure(.notFound, "there is no agent \"\(idOrName)\"; see \"edr-control agents list\"")
    }

    private static func document(_ entry: AgentRegistry.Entry) -> API.Agent {
        API.Agent(
            id: entry.record.id, name: entry.record.name, ip: .init(entry.record.address), status: entry.status,
            lastSeen: .init(entry.record.lastSeen.map(Timestamp.iso8601(milliseconds:))),
            version: .init(entry.record.version))
    }

    // MARK: Alerts

    /// Takes one alert or NDJSON and answers once everything that fired is in the ledger.
    func take(alerts body: [UInt8]) async throws -> API.AlertsAnswer {
        let result = httpSource.decide(body)
        var ids: [DispatchID] = []
        if !result.fired.isEmpty {
            let batch = SourceBatch(source: httpSource.name, fired: result.fired, position: nil)
            ids = try await dispatcher.takeDurably(batch)
        }
        return API.AlertsAnswer(
            accepted: result.accepted, invalid: result.problems.count, responses: ids.map(\.description),
            errors: result.problems)
    }

    /// Says for each active response whether it would fire for an alert, and where or why not.
    func test(alert body: [UInt8]) throws -> API.TestAnswer {
        let alert: Alert
        do throws(AlertError) {
            alert = try Alert(anyFormat: body, host: LocalHost.name)
        } catch {
            throw ControlFailure(.badRequest, "this is no alert: \(error)")
        }
        let snapshot = context.current
        let items = snapshot.policy.explain(alert, agents: snapshot.agents).map { decision -> API.TestAnswer.Item in
            let response = decision.response
            switch decision.outcome {
            case .fires(let targets, _):
                let ids = targets.map { target in
                    switch target {
                    case .server: OrderFactory.managerID
                    case .agent(let id): id
                    }
                }
                return .init(
                    activeResponse: response.name, command: response.command.name,
                    location: response.location.description, fires: true, agents: ids,
                    reason: Self.remark(on: response))
            case .skipped(let reason):
                return .init(
                    activeResponse: response.name, command: response.command.name,
                    location: response.location.description, fires: false, agents: [], reason: reason)
            }
        }
        return API.TestAnswer(alertId: alert.id, responses: items)
    }

    /// What happens with a response that fires, when it is not simply run.
    private static func remark(on response: ActiveResponseDefinition) -> String {
        if response.mode == .observe { return "would be noted only (mode observe)" }
        return response.approval.isRequired ? "would be held until somebody approves it (require_approval)" : ""
    }

    func reload(by author: Author) async throws -> API.Reloaded {
        switch await reloader.reload(by: author.text) {
        case .invalid(let errors):
            throw ControlFailure(
                .unprocessableContent, "the configuration has errors; the old one stays in force", details: errors)
        case .inForce(let sections):
            return API.Reloaded(reloaded: true, restartNeededFor: sections)
        }
    }
}
