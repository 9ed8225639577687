import ActiveResponse
package import Alerts
package import Policy

/// Replays a history of alerts through a candidate configuration, and through the current one beside it.
///
/// One pass in bounded memory. An alert that matches nothing under either configuration costs one scan and one lookup,
/// as in production; only the others are looked at in detail. Responses with `mode observe` are replayed as if they
/// were enforced.
package struct Replay {
    /// Which agents there are.
    package enum Agents: Sendable {
        case known(AgentDirectory)
        /// Every agent that an alert or a configuration names is taken for enrolled from there on.
        case fromAlerts
    }

    private let candidate: Policy
    private let current: Policy?
    /// Matches whatever matches under one of the two, so that one lookup answers for both.
    private let either: Policy
    /// Minutes for repeated offenders on the manager, for responses without a list of their own.
    private let managerLadder: [Int64]
    private let learnsAgents: Bool
    private var agents: AgentDirectory
    private let host: String
    private var scanner = AlertScanner()
    private var cache = CandidateCache()
    private var recent = RecentAlerts()

    private var files: [BacktestReport.File] = []
    private var lineNumber = 0
    private var matched = 0
    private var repeated = 0
    private var fired = 0
    private var first: Int64?
    private var last: Int64?
    /// The latest time of an alert so far: time never runs backwards in the simulation.
    private var clock: Int64 = 0
    private var tallies: [ResponseTally]
    private let numbers: [String: Int]
    private var simulation: BanSimulation
    private var comparison: Comparison

    /// - Parameters:
    ///   - current: nil when there is nothing to compare with.
    ///   - host: the name of the manager's machine, for alerts of OSSEC, which do not say it.
    ///   - examples: how many alerts are kept for each response that fires under one configuration only, of each kind.
    package init(
        candidate: PolicyDefinition, current: PolicyDefinition?, agents: Agents, host: String, examples: Int = 3
    ) {
        self.host = host
        self.candidate = Policy(candidate)
        self.current = current.map(Policy.init)
        let present = current?.responses ?? []
        either = Policy(responses: candidate.responses + present)
        managerLadder = candidate.managerRepeatedOffenders.map(Int64.init)
        switch agents {
        case .known(let directory):
            self.agents = directory
            learnsAgents = false
        case .fromAlerts:
            self.agents = Self.agentsNamed(in: candidate.responses + present)
            learnsAgents = true
        }
        let enabled = candidate.responses.filter { !$0.disabled }
        tallies = enabled.map(ResponseTally.init)
        numbers = Dictionary(uniqueKeysWithValues: enabled.enumerated().map { ($0.element.name, $0.offset) })
        simulation = BanSimulation(responses: enabled.count)
        comparison = Comparison(candidate: candidate.responses, current: present, examples: examples)
    }

    /// The agents of `defined-agent`, of which no alert may come.
    private static func agentsNamed(in responses: [ActiveResponseDefinition]) -> AgentDirectory {
        var directory = AgentDirectory([])
        for response in responses {
            guard case .definedAgent(let names) = response.location else { continue }
            for name in names where name != directory.managerID { directory.enroll(.init(id: name, name: name)) }
        }
        return directory
    }

    // MARK: Reading

    /// The lines that follow are those of a file.
    package mutating func begin(file: String) {
        files.append(BacktestReport.File(name: file))
        lineNumber = 0
    }

    /// Takes the next line of the file.
    package mutating func take(_ line: LineSplitter.Line) {
        lineNumber += 1
        do throws(AlertError) {
            switch line {
            case .tooLong: throw .tooLong(bytes: LineSplitter.defaultLimit + 1)
            case .complete(let bytes):
                if isBlank(bytes) { return }
                try scan(bytes)
            }
            files[files.count - 1].alerts += 1
        } catch {
            files[files.count - 1].invalid += 1
            if files[files.count - 1].firstInvalid == nil {
                files[files.count - 1].firstInvalid = (lineNumber, error.description)
            }
        }
    }

    private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
    }

    private mutating func scan(_ line: UnsafeRawBufferPointer) throws(AlertError) {
        let fields: AlertFields
        do throws(AlertError) {
            fields = try scanner.scanAny(line)
        } catch  where error.isRepairable {
            // As a source does.
            return try LineRepair.wellFormed(line).withUnsafeBufferPointer { repaired throws(AlertError) in
                try scan(UnsafeRawBufferPointer(repaired))
            }
        }
        guard either.mayFire(fields, line: line, cache: &cache) else { return }
        look(at: try Alert(fields, line: line, host: host))
    }

    // MARK: Looking at an alert that matches

    private mutating func look(at alert: Alert) {
        matched += 1
        let (file, line) = (files.last?.name ?? "", lineNumber)
        guard recent.insert(alert.identity) else {
            repeated += 1
            return
        }
        let time = alert.raisedAt
        if let time {
            first = min(first ?? time, time)
            last = max(last ?? time, time)
            clock = max(clock, time)
            simulation.advance(to: clock)
        }
        if learnsAgents { learn(alert) }
        let decisions = candidate.decide(alert, agents: agents)
        var hasFired = false
        for decision in decisions {
            guard let number = numbers[decision.response.name] else { continue }
            switch decision.outcome {
            case .fires(let targets, let arguments):
                hasFired = true
                tallies[number].fired += 1
                tallies[number].note(time: time)
                tallies[number].targets.count(ReplayTarget(arguments, expect: decision.response.command.expect))
                for machine in targets { order(number, arguments, on: machine) }
            case .skipped(let reason):
                skip(number, reason, alert)
            }
        }
        if hasFired { fired += 1 }
        if let current {
            comparison.add(candidate: decisions, current: current.decide(alert, agents: agents)) { only, reason in
                BacktestReport.Example(
                    alertID: alert.id, raisedAt: time, file: file, line: line, only: only, reason: reason)
            }
        }
    }

    private mutating func learn(_ alert: Alert) {
        guard let id = alert.agentID ?? alert.agentName, id != agents.managerID else { return }
        let entry = AgentDirectory.Entry(id: id, name: alert.agentName ?? id)
        if agents.entry(id: id) != entry { agents.enroll(entry) }
    }

    private mutating func order(_ number: Int, _ arguments: ResponseArguments, on machine: Target) {
        let definition = tallies[number].definition
        tallies[number].machines.count(machine)
        guard definition.timeout > .zero else {
            tallies[number].runs += 1
            return
        }
        let key = ResponseKey(
            stateful: definition.command.name, user: arguments.user, sourceAddress: arguments.sourceAddress,
            filename: arguments.filename, targetsFile: definition.command.expect.contains(.filename),
            arguments: arguments.extraArguments)
        let own = definition.repeatedOffenders.map(Int64.init)
        let result = simulation.order(
            key, on: machine, response: number, timeout: definition.timeout.components.seconds,
            ladder: own.isEmpty && machine == .server ? managerLadder : own, at: clock)
        switch result.effect {
        case .runs: tallies[number].runs += 1
        case .prolongs: tallies[number].prolonged += 1
        }
        if result.isLengthened { tallies[number].lengthened += 1 }
    }

    private mutating func skip(_ number: Int, _ reason: String, _ alert: Alert) {
        if let objection = candidate.whiteList.objection(to: alert), objection.reason == reason {
            tallies[number].whiteListed.count(WhiteListing(source: objection.source, reason: reason))
        } else {
            tallies[number].reasons.count(reason)
        }
    }

    // MARK: Report

    /// What was found so far.
    ///
    /// - Parameter top: how many of the most frequent targets, agents and reasons are named.
    package func report(top: Int) -> BacktestReport {
        BacktestReport(
            files: files, matched: matched, repeated: repeated, fired: fired, first: first, last: last,
            agents: agents.all.compactMap { agents.entry(id: $0) },
            responses: tallies.indices.map { response($0, top: top) },
            peak: .init(count: simulation.peak.count, at: simulation.peak.at),
            differences: current.map { _ in comparison.differences })
    }

    private func response(_ number: Int, top: Int) -> BacktestReport.Response {
        let tally = tallies[number]
        let peak = simulation.peaks[number]
        return BacktestReport.Response(
            definition: tally.definition, fired: tally.fired, runs: tally.runs, prolonged: tally.prolonged,
            lengthened: tally.lengthened, first: tally.first, last: tally.last,
            targets: tally.targets.ranking(top) { $0.description < $1.description },
            machines: tally.machines.ranking(top) { $0.id(of: agents) < $1.id(of: agents) },
            whiteListed: tally.whiteListed.ranking(top) { ($0.source, $0.reason) < ($1.source, $1.reason) },
            reasons: tally.reasons.ranking(top) { $0 < $1 },
            peak: tally.definition.timeout > .zero ? .init(count: peak.count, at: peak.at) : nil)
    }
}

extension Target {
    /// The id of the machine; the manager's for the server.
    fileprivate func id(of agents: AgentDirectory) -> String {
        switch self {
        case .server: agents.managerID
        case .agent(let id): id
        }
    }
}

extension Tally {
    fileprivate func ranking(_ top: Int, by isBefore: (Value, Value) -> Bool) -> BacktestReport.Ranking<Value> {
        .init(total: total, distinct: distinct, isComplete: isComplete, top: self.top(top, by: isBefore))
    }
}
