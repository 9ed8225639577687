import ChaosChecking
import Foundation

/// What `edr-control` says about the responses.
struct LedgerReader {
    private struct Response: Decodable {
        let id: String
        let state: String
        let active_response: String
        let agent: String
        let alert_id: String
        let undo_due: String?
    }

    private struct Story: Decodable {
        struct Entry: Decodable {
            let event: String
        }
        let timeline: [Entry]
    }

    /// What `edr-control status` counts.
    struct Status: Decodable {
        /// Responses by state.
        let dispatches: [String: Int]
        /// Agents by status.
        let agents: [String: Int]
    }

    let site: Site

    /// All responses.
    func entries() throws -> [LedgerEntry] {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try read([Response].self, site.control("-o", "json", "responses", "list", "--limit", "100000"))
            .map { response in
                let due = try response.undo_due.map { try Date($0, strategy: style) }
                return LedgerEntry(
                    id: response.id, state: response.state, activeResponse: response.active_response,
                    agent: response.agent, alert: response.alert_id,
                    undoDue: due.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) })
            }
    }

    /// How many responses and agents there are.
    func status() throws -> Status {
        try read(Status.self, site.control("-o", "json", "status"))
    }

    /// The names of the events of one response.
    func timeline(_ id: String) throws -> [String] {
        try read(Story.self, site.control("-o", "json", "responses", "show", id)).timeline.map(\.event)
    }

    private func read<Document: Decodable>(_ type: Document.Type, _ text: String) throws -> Document {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
