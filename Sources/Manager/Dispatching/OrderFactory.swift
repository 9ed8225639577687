import ActiveResponse
import Alerts
import Daemon
import Policy

/// Turns what was decided into orders: one for each target, with an id that is the same whoever computes it.
struct OrderFactory: Sendable {
    /// The id of the manager itself, where responses with location `server` run.
    static let managerID = "000"

    let managerName: String

    /// The orders of one alert, in configuration order.
    ///
    /// - Parameters:
    ///   - now: unix milliseconds, from which the order's expiry counts.
    ///   - repetition: what makes these orders others than the first ones of the same alert.
    func orders(
        for fired: FiredAlert, agents: AgentDirectory, now: Int64, repetition: String? = nil
    ) -> [PlannedOrder] {
        // The form of both must never change.
        let action = repetition.map { "add again \($0)" } ?? "add"
        let alert = AlertFacts(fired.alert)
        return fired.decisions.flatMap { decision -> [PlannedOrder] in
            guard case .fires(let targets, let arguments) = decision.outcome else { return [] }
            return targets.map { target in
                order(alert, decision.response, arguments, target: target, agents: agents, now: now, action: action)
            }
        }
    }

    /// What orders have of their alert, found once for all of them.
    private struct AlertFacts {
        let identity: [UInt8]
        let id: String
        let ruleID: String
        let raisedAt: Int64
        let json: [UInt8]

        init(_ alert: Alert) {
            identity = alert.identity.bytes
            id = alert.id
            ruleID = alert.ruleID
            raisedAt = alert.raisedAt ?? 0
            json = alert.json
        }
    }

    private func order(
        _ alert: AlertFacts, _ response: ActiveResponseDefinition, _ arguments: ResponseArguments, target: Target,
        agents: AgentDirectory, now: Int64, action: String
    ) -> PlannedOrder {
        let (agentID, agentName) = identity(of: target, agents: agents)
        let command = response.command
        let order = Order(
            id: .of(
                alertIdentity: alert.identity, activeResponse: response.name, agent: agentID, action: action),
            command: command.name, activeResponse: response.name, executable: command.executable,
            user: arguments.user, sourceAddress: arguments.sourceAddress, filename: arguments.filename,
            alertID: alert.id, ruleID: alert.ruleID, agentName: agentName, agentID: agentID,
            extraArguments: arguments.extraArguments, timeout: response.timeout.components.seconds,
            execTimeout: command.execTimeout.components.seconds,
            scriptProtocol: command.scriptProtocol.wireValue,
            expiresAt: now + response.expires.components.seconds * 1000, alertRaisedAt: alert.raisedAt,
            alertJSON: alert.json, repeatedOffenders: response.repeatedOffenders.map(Int64.init),
            managerName: managerName, sparesAddress: command.expect.sparesAddress,
            containment: command.containment.ordered, targetsFile: command.expect.contains(.filename),
            priority: Int64(response.priority))
        return PlannedOrder(
            order: order, isObserved: response.mode == .observe, limits: response.limits, approval: response.approval)
    }

    private func identity(of target: Target, agents: AgentDirectory) -> (id: String, name: String) {
        switch target {
        case .server: (Self.managerID, managerName)
        case .agent(let id): (id, agents.entry(id: id)?.name ?? id)
        }
    }
}

/// An order and what is to be done with it.
struct PlannedOrder: Sendable {
    enum Fate: Sendable, Equatable {
        case send
        /// Only to be noted, not run (`mode observe`).
        case observe
        /// Not to be run before somebody says so.
        case hold(Hold)
        /// Its values are not such as an agent would run it, or could even receive it.
        case refuse(String)
        /// Somebody has just undone the same by hand.
        case cancel(String)
    }

    let order: Order
    private(set) var fate: Fate
    let limits: ResponseLimits
    let approval: ApprovalTerms
    /// Who gave it by hand, and why; nil for one that an alert has caused.
    let author: String?

    init(
        order: Order, isObserved: Bool, limits: ResponseLimits = ResponseLimits(),
        approval: ApprovalTerms = ApprovalTerms(), author: String? = nil
    ) {
        self.order = order
        fate = order.reasonToRefuse.map(Fate.refuse) ?? (isObserved ? .observe : .send)
        self.limits = limits
        self.approval = approval
        self.author = author
    }

    /// The same, not to be run, because somebody has just undone it by hand.
    func cancelled(_ reason: String) -> PlannedOrder {
        var plan = self
        plan.fate = .cancel(reason)
        return plan
    }

    /// The same, not to be run before somebody says so.
    func held(_ hold: Hold) -> PlannedOrder {
        var plan = self
        plan.fate = .hold(hold)
        return plan
    }
}

extension ExpectedFields {
    /// Whether a command with these does not act on the address of its alert, but on its user or file.
    var sparesAddress: Bool { !isEmpty && !contains(.sourceAddress) }
}

extension CommandContainment {
    /// The same as an order has it.
    var ordered: Containment {
        Containment(
            sha256: sha256, runAs: runAs, memory: memory ?? 0, fileSize: fileSize ?? 0,
            processes: UInt64(processes ?? 0))
    }
}

extension ScriptProtocol {
    /// The number of the protocol in an encoded order.
    var wireValue: UInt64 {
        switch self {
        case .auto: 0
        case .positional: 1
        case .json: 2
        }
    }
}
