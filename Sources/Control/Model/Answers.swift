// The documents of the control API, as far as they are shown to people.

struct StatusAnswer: Decodable {
    struct Ledger: Decodable {
        let sizeBytes: Int
        let maxBytes: Int
        let keepSeconds: Int
        let problem: String?
    }

    struct Source: Decodable {
        let name: String
        let read: Int
        let decided: Int
        let fired: Int
        let skipped: Int
        let invalid: Int
        let problem: String?
    }

    let version: String
    let uptimeSeconds: Int
    /// Counts by the name of the status.
    let agents: [String: Int]
    let sources: [Source]
    let dispatches: [String: Int]
    let queues: [String: Int]
    let stopped: StopAnswer.Stop?
    let ledger: Ledger?
}

struct StopAnswer: Decodable {
    struct Stop: Decodable {
        let at: String
        let by: String
        let reason: String

        var description: String { reason.isEmpty ? by : "\(by): \(reason)" }
    }

    let stopped: Stop?
    let changed: Bool
}

struct UndoAllAnswer: Decodable {
    let requested: Int
}

struct AgentAnswer: Decodable {
    let id: String
    let name: String
    let ip: String?
    let status: String
    let lastSeen: String?
    let version: String?
}

struct RemovalAnswer: Decodable {
    let id: String
}

struct TokenAnswer: Decodable {
    let token: String
    let warning: String?
}

struct ListedTokenAnswer: Decodable {
    let tokenId: String
    let id: String?
    let name: String?
    let created: String
    let expires: String
    let usesLeft: Int
}

struct RevokedTokenAnswer: Decodable {
    let tokenId: String
}

struct APITokenAnswer: Decodable {
    let token: String
    let name: String
    let role: String
    let expires: String
}

struct ListedAPITokenAnswer: Decodable {
    let name: String
    let role: String
    let created: String
    let expires: String
    let lastUsed: String?
    let lastAddress: String?
}

struct RevokedAPITokenAnswer: Decodable {
    let name: String
}

struct ResponseAnswer: Decodable {
    struct Event: Decodable {
        let at: String
        let event: String
        let detail: String?
    }

    let id: String
    let state: String
    let command: String
    let activeResponse: String?
    let agent: String
    let alertId: String?
    let ruleId: String?
    let user: String?
    let srcip: String?
    let created: String
    let undoDue: String?
    let undoRetry: String?
    let observed: Bool?
    let exitStatus: Int?
    let durationMs: Int?
    let output: String?
    let timeline: [Event]?
    let undoRequestedBy: String?
    let agentStatus: String?
    let heldReason: String?
    let heldUntil: String?
    let heldDefault: String?
}

struct CommandAnswer: Decodable {
    struct Started: Decodable {
        let id: String
        let agent: String
        let state: String?
    }

    let responses: [Started]

    var table: String {
        var table = Table(["RESPONSE", "AGENT", "STATE"])
        for started in responses { table.add([started.id, started.agent, started.state]) }
        return table.text
    }
}

extension ResponseAnswer {
    /// The state, with what keeps `done` from meaning that a script ran.
    var stateText: String { observed == true ? "\(state) (observed)" : state }
}

struct AlertTestAnswer: Decodable {
    struct Verdict: Decodable {
        let activeResponse: String
        let command: String
        let location: String
        let fires: Bool
        let agents: [String]
        let reason: String?
    }

    let alertId: String
    let responses: [Verdict]
}

struct ReloadAnswer: Decodable {
    let reloaded: Bool
    let restartNeededFor: [String]?
}
