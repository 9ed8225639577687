import ActiveResponse
import Alerts
import Daemon
import Foundation
import Glibc
import Hummingbird
import Policy

extension ControlOperations {
    /// One line while it is processed.
    private struct Line {
        var alert: Alert?
        var status = API.ProcessAnswer.Status.skipped
        var reason = ""
        /// What goes to the dispatcher; nil for nothing.
        var fired: FiredAlert?
        var planned: [PlannedOrder] = []
    }

    /// Takes the newest alerts of a text, or of the configured sources' files, once more through deciding.
    ///
    /// An alert all of whose responses are in the ledger is skipped, unless the request wants it again: then it gets
    /// new responses beside the old ones. Oldest first, as a source has them.
    func process(_ request: ProcessRequest, body: [UInt8]) async throws -> API.ProcessAnswer {
        let texts = request.readsSources ? try newestOfSources(request.limit) : Self.newest(request.limit, of: body)
        let repetition = request.takesKnown ? UUID().uuidString : nil
        var seen: Set<DispatchID> = []
        var lines: [Line] = []
        for text in texts { lines.append(try line(text, repetition: repetition, seen: &seen)) }
        if !request.isDryRun {
            let batch = SourceBatch(
                source: "process", fired: lines.compactMap(\.fired), position: nil, repetition: repetition)
            if !batch.fired.isEmpty { _ = try await dispatcher.takeDurably(batch) }
        }
        var details: [API.ProcessAnswer.Item] = []
        for line in lines { details.append(try await item(line, isDryRun: request.isDryRun)) }
        let counts = Dictionary(grouping: details, by: \.status).mapValues(\.count)
        let (success, failed) = (counts[.success] ?? 0, counts[.failed] ?? 0)
        return API.ProcessAnswer(
            processed: success + failed, success: success, failed: failed, skipped: counts[.skipped] ?? 0,
            dryRun: request.isDryRun, details: details)
    }

    /// Decides one line; nothing is done yet.
    private func line(_ text: [UInt8], repetition: String?, seen: inout Set<DispatchID>) throws -> Line {
        var line = Line()
        do throws(AlertError) {
            line.alert = try Self.alert(text)
        } catch {
            line.status = .failed
            line.reason = "this is no alert: \(error)"
        }
        guard let alert = line.alert else { return line }
        let snapshot = context.current
        var reasons: [String] = []
        let firing = snapshot.policy.decide(alert, agents: snapshot.agents).filter { decision in
            if case .skipped(let reason) = decision.outcome {
                reasons.append("\(decision.response.name): \(reason)")
                return false
            }
            return true
        }
        guard !firing.isEmpty else {
            line.reason =
                reasons.isEmpty
                ? "no active response is for its level, groups or rule" : reasons.joined(separator: "; ")
            return line
        }
        let fired = FiredAlert(alert: alert, decisions: firing)
        line.planned = OrderFactory(managerName: managerName).orders(
            for: fired, agents: snapshot.agents, now: Timestamp.now(), repetition: repetition)
        let ids = line.planned.map(\.order.id)
        let known = try ledger.known(ids).union(seen)
        seen.formUnion(ids)
        guard ids.contains(where: { !known.contains($0) }) else {
            line.reason = "it was processed before; reprocess runs its responses again"
            return line
        }
        line.fired = fired
        line.status = .success
        for plan in line.planned {
            guard case .refuse(let reason) = plan.fate else { continue }
            line.status = .failed
            line.reason = "\(plan.order.activeResponse): \(reason)"
        }
        return line
    }

    private func item(_ line: Line, isDryRun: Bool) async throws -> API.ProcessAnswer.Item {
        var responses: [API.ProcessAnswer.Response] = []
        for plan in line.planned {
            let id = plan.order.id
            let record = isDryRun ? nil : try await ledger.dispatch(id)
            responses.append(
                .init(
                    id: .init(isDryRun ? nil : id.description), activeResponse: plan.order.activeResponse,
                    agent: plan.order.agentID, observed: plan.fate == .observe,
                    state: .init(record?.progress.state.rawValue)))
        }
        let alert = line.alert
        return API.ProcessAnswer.Item(
            alertId: .init(alert?.id), ruleId: .init(alert?.ruleID), ruleName: .init(alert?.ruleDescription),
            timestamp: .init(alert?.timestamp), status: line.status, reason: line.reason, responses: responses)
    }

    /// As a source reads a line.
    private static func alert(_ text: [UInt8]) throws(AlertError) -> Alert {
        do throws(AlertError) {
            return try Alert(anyFormat: text, host: LocalHost.name)
        } catch  where error.isRepairable {
            return try Alert(
                json: text.withUnsafeBufferPointer { LineRepair.wellFormed(UnsafeRawBufferPointer($0)) })
        }
    }

    // MARK: The newest alerts

    private static func newest(_ limit: Int, of body: [UInt8]) -> [[UInt8]] {
        body.split(separator: UInt8(ascii: "\n"))
            .filter { line in !line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 } }
            .suffix(limit).map(Array.init)
    }

    /// The newest of all sources together, by the times of their alerts.
    private func newestOfSources(_ limit: Int) throws -> [[UInt8]] {
        guard !sourcePaths.isEmpty else {
            throw ControlFailure(.conflict, "no alert source with a file is configured; name a file of alerts")
        }
        var found: [(time: Int64, line: [UInt8])] = []
        for path in sourcePaths {
            guard let lines = NewestLines.read(path: path, limit: limit) else {
                throw ControlFailure(.conflict, "cannot read \"\(path)\": \(String(cString: strerror(errno)))")
            }
            var time: Int64 = .min
            for line in lines {
                // One that tells no time stays behind the one before it.
                time = (try? Self.alert(line))?.raisedAt ?? time
                found.append((time, line))
            }
        }
        guard sourcePaths.count > 1 else { return found.map(\.line) }
        let sorted = found.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return sorted.suffix(limit).map(\.element.line)
    }
}
