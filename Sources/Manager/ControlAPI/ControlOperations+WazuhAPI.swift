import ActiveResponse
import Alerts
import Daemon
import Foundation
import Hummingbird
import Policy

/// `PUT /active-response` of the Wazuh 4.x API: the same body, an answer of the same shape
/// (reference/ossec-wazuh.md, 8.1).
///
/// Where an agent is away the order waits for it, so it counts as sent; there it was refused.
extension ControlOperations {
    /// - Parameters:
    ///   - agents: the query's `agents_list`: ids separated by commas, or nil for all.
    ///   - body: `command`, and perhaps `arguments` and `alert`.
    func activeResponse(agents: String?, body: Data, by author: Author) async throws -> WazuhAPI.Answer {
        let wanted = try WazuhAPI.Request(body)
        var answer = WazuhAPI.Answer()
        let ids =
            agents.map { $0.split(separator: ",").map { String($0).trimmingCharacters(in: .whitespaces) } }
            ?? registry.all.map(\.record.id)
        var targets: [(id: String, name: String)] = []
        for id in ids where id != OrderFactory.managerID {
            if let entry = registry.find(id), entry.record.id == id {
                targets.append((id, entry.record.name))
            } else {
                answer.fail(id, code: 1701, "Agent does not exist", "see \"edr-control agents list\"")
            }
        }
        let policy = context.current.policy
        let command: HandCommand
        do throws(ControlFailure) {
            command = try HandCommand(wanted.command, timeout: nil, commands: policy.commands)
        } catch {
            answer.fail(targets, code: 1652, "The command used is not defined in the configuration", error.message)
            return answer.completed
        }
        do throws(HandRefusal) {
            try command.check(wanted.target, whiteList: policy.whiteList)
        } catch {
            answer.fail(targets, code: 1652, error.summary, error.message)
            return answer.completed
        }
        let orders = command.orders(wanted.target, agents: targets, managerName: managerName, now: Timestamp.now())
        if !orders.isEmpty { try await run(orders, by: author) }
        answer.data.affectedItems = orders.map(\.agentID)
        return answer.completed
    }

    private func run(_ orders: [Order], by author: Author) async throws(ControlFailure) {
        do throws(LedgerError) {
            try await dispatcher.run(orders, author: author.text)
        } catch {
            throw ControlFailure(.serviceUnavailable, error.description)
        }
    }
}

/// The documents of `PUT /active-response`.
enum WazuhAPI {
    /// The request's body.
    struct Request {
        let command: String
        let target: HandTarget

        init(_ body: Data) throws(ControlFailure) {
            guard let document = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
                throw ControlFailure(.badRequest, "the request's body is not a JSON object")
            }
            guard let command = document["command"] as? String, !command.isEmpty else {
                throw ControlFailure(
                    .badRequest, "(1650) \"command\" is missing: the name of a command, or \"!script\"")
            }
            self.command = command
            var target = HandTarget()
            if let value = document["arguments"] {
                guard let arguments = value as? [String] else {
                    throw ControlFailure(.badRequest, "\"arguments\" has to be a list of texts")
                }
                target.arguments = arguments
            }
            if let value = document["alert"] {
                guard let alert = value as? [String: Any] else {
                    throw ControlFailure(.badRequest, "\"alert\" has to be an object")
                }
                let data = alert["data"] as? [String: Any] ?? [:]
                if let text = data["srcip"] as? String {
                    guard let address = IPAddress(text) else {
                        throw ControlFailure(.badRequest, "(1271) \"\(text)\" is no IP address")
                    }
                    target.sourceAddress = address
                }
                target.user = data["dstuser"] as? String ?? data["user"] as? String
                target.filename = (alert["syscheck"] as? [String: Any])?["path"] as? String
                let bytes = try? JSONSerialization.data(
                    withJSONObject: alert, options: [.sortedKeys, .withoutEscapingSlashes])
                target.alertJSON = bytes.map(Array.init) ?? []
            }
            self.target = target
        }
    }

    struct Answer: Encodable {
        struct Data: Encodable {
            var affectedItems: [String] = []
            var totalAffectedItems = 0
            var totalFailedItems = 0
            var failedItems: [Failure] = []
        }

        struct Failure: Encodable {
            struct Reason: Encodable, Hashable {
                let code: Int
                let message: String
                let remediation: String
            }
            let error: Reason
            var id: [String]
        }

        var data = Data()
        var message = ""
        /// 0 when it was sent to all, 1 to none, 2 to some.
        var error = 0

        /// Notes an agent to which nothing was sent; those with the same reason stand together.
        mutating func fail(_ id: String, code: Int, _ message: String, _ remediation: String) {
            let reason = Failure.Reason(code: code, message: message, remediation: remediation)
            if let index = data.failedItems.firstIndex(where: { $0.error == reason }) {
                data.failedItems[index].id.append(id)
            } else {
                data.failedItems.append(Failure(error: reason, id: [id]))
            }
        }

        /// Notes that nothing was sent to any of these agents.
        mutating func fail(_ agents: [(id: String, name: String)], code: Int, _ message: String, _ remediation: String)
        {
            for agent in agents { fail(agent.id, code: code, message, remediation) }
        }

        /// The answer with its sums and its message.
        var completed: Answer {
            var answer = self
            answer.data.totalAffectedItems = data.affectedItems.count
            answer.data.totalFailedItems = data.failedItems.reduce(0) { $0 + $1.id.count }
            if data.affectedItems.isEmpty {
                answer.message = "AR command was not sent to any agent"
                answer.error = 1
            } else if !data.failedItems.isEmpty {
                answer.message = "AR command was not sent to some agents"
                answer.error = 2
            } else {
                answer.message = "AR command was sent to all agents"
            }
            return answer
        }
    }
}
