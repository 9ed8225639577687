import Backtest
import Foundation
import Policy

/// Which agents a backtest takes for enrolled, and from where that is known.
struct BacktestAgents: Sendable {
    /// Where the list comes from, in the word of the JSON document.
    enum Origin: String, Sendable {
        case manager
        case ledger
        case alerts

        /// For people.
        var text: String {
            switch self {
            case .manager: "from the running manager"
            case .ledger: "from the ledger of the manager, which does not answer"
            case .alerts: "taken from the alerts: no manager answers, and there is no ledger to be read"
            }
        }
    }

    let origin: Origin
    let agents: Replay.Agents

    /// Asks the manager, else its ledger's file, else leaves it to the alerts.
    ///
    /// - Parameter ledger: the path of the file.
    static func find(_ session: ControlSession, ledger: String) async -> BacktestAgents {
        if let body = try? await session.client.send(.get(["agents"])).bodyOfSuccess(),
            let answer = try? JSONDecoder().decode([Listed].self, from: Data(body))
        {
            return BacktestAgents(origin: .manager, agents: .known(directory(answer.map { ($0.id, $0.name) })))
        }
        if let agents = LedgerAgents.read(file: ledger) {
            return BacktestAgents(origin: .ledger, agents: .known(directory(agents)))
        }
        return BacktestAgents(origin: .alerts, agents: .fromAlerts)
    }

    private struct Listed: Decodable {
        let id: String
        let name: String
    }

    private static func directory(_ agents: [(id: String, name: String)]) -> AgentDirectory {
        AgentDirectory(agents.map { AgentDirectory.Entry(id: $0.id, name: $0.name) })
    }
}
