import Foundation

/// The JSON documents of the control API, which are also what `edr-control -o json` prints (INTERFACE.md, "Control").
///
/// Keys become snake_case when they are encoded; they are stable.
enum API {
    /// A value that is written as `null` when there is none, so that every document has all of its keys.
    struct Nullable<Value: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
        let value: Value?

        init(_ value: Value?) { self.value = value }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            value = container.decodeNil() ? nil : try container.decode(Value.self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let value { try container.encode(value) } else { try container.encodeNil() }
        }
    }

    struct Status: Codable, Sendable {
        struct Source: Codable, Sendable {
            let name: String
            let read: Int
            let decided: Int
            let fired: Int
            let skipped: Int
            let invalid: Int
            let problem: Nullable<String>
        }
        struct Ledger: Codable, Sendable {
            let sizeBytes: Int
            let maxBytes: Int
            let keepSeconds: Int
            let problem: Nullable<String>
        }
        struct Queues: Codable, Sendable {
            let ledger: Int
            let delivery: Int
        }
        let version: String
        let uptimeSeconds: Int
        let agents: [String: Int]
        let sources: [Source]
        let dispatches: [String: Int]
        let stopped: Nullable<Stopped>
        let queues: Queues
        let ledger: Ledger
    }

    /// The order that nothing new may run.
    struct Stopped: Codable, Sendable, Equatable {
        let at: String
        let by: String
        let reason: String
    }

    /// What became of `stop-all` and `resume`.
    struct StopAnswer: Codable, Sendable {
        let stopped: Nullable<Stopped>
        /// Whether it was otherwise before.
        let changed: Bool
    }

    struct Agent: Codable, Sendable {
        let id: String
        let name: String
        let ip: Nullable<String>
        let status: String
        let lastSeen: Nullable<String>
        let version: Nullable<String>
    }

    struct RemovedAgent: Codable, Sendable {
        let id: String
        let removed: Bool
    }

    struct TokenRequest: RequestBody {
        let id: String?
        let name: String?
        let ttlSeconds: Int?
        let uses: Int?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable { case id, name, ttlSeconds, uses, by, reason }
    }

    struct Token: Codable, Sendable {
        let token: String
        let id: Nullable<String>
        let name: Nullable<String>
        let expires: String
        let uses: Int
        let warning: Nullable<String>
    }

    struct ListedToken: Codable, Sendable {
        let tokenID: String
        let id: Nullable<String>
        let name: Nullable<String>
        let created: String
        let expires: String
        let usesLeft: Int

        enum CodingKeys: String, CodingKey {
            case tokenID = "tokenId"
            case id, name, created, expires, usesLeft
        }
    }

    struct RevokedToken: Codable, Sendable {
        let tokenID: String
        let revoked: Bool

        enum CodingKeys: String, CodingKey {
            case tokenID = "tokenId"
            case revoked
        }
    }

    struct APITokenRequest: RequestBody {
        let name: String
        let role: String
        let ttlSeconds: Int?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable { case name, role, ttlSeconds, by, reason }
    }

    struct APIToken: Codable, Sendable {
        let token: String
        let name: String
        let role: String
        let expires: String
    }

    struct ListedAPIToken: Codable, Sendable {
        let name: String
        let role: String
        let created: String
        let expires: String
        let lastUsed: Nullable<String>
        let lastAddress: Nullable<String>
    }

    struct RevokedAPIToken: Codable, Sendable {
        let name: String
        let revoked: Bool
    }

    struct Response: Codable, Sendable {
        let id: String
        let state: String
        let command: String
        let activeResponse: String
        let agent: String
        let alertId: String
        let ruleId: String
        let user: Nullable<String>
        let srcip: Nullable<String>
        let created: String
        let undoDue: Nullable<String>
        /// When an undo that failed is tried again.
        let undoRetry: Nullable<String>
        /// Of a held response: why, until when, and the answer that counts then; else null.
        let heldReason: Nullable<String>
        let heldUntil: Nullable<String>
        let heldDefault: Nullable<String>
        /// Whether it was only noted (`mode observe`).
        let observed: Bool
    }

    struct TimelineEntry: Codable, Sendable {
        let at: String
        let event: String
        let detail: String
    }

    struct ResponseDetail: Codable, Sendable {
        let id: String
        let state: String
        let command: String
        let activeResponse: String
        let agent: String
        let alertId: String
        let ruleId: String
        let user: Nullable<String>
        let srcip: Nullable<String>
        let created: String
        let undoDue: Nullable<String>
        let undoRetry: Nullable<String>
        let observed: Bool
        let timeline: [TimelineEntry]
        let exitStatus: Nullable<Int>
        let output: String
        let durationMs: Nullable<Int>
        let undoRequestedBy: Nullable<String>
        let heldReason: Nullable<String>
        let heldUntil: Nullable<String>
        let heldDefault: Nullable<String>
        /// Of the agent, as in ``Agent``; null when it is not enrolled any more.
        let agentStatus: Nullable<String>
    }

    struct ByHand: RequestBody {
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable { case by, reason }
    }

    struct UndoAllRequest: RequestBody {
        let agent: String?
        let command: String?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable { case agent, command, by, reason }
    }

    struct UndoAllAnswer: Codable, Sendable {
        let requested: Int
    }

    struct CommandRequest: RequestBody {
        let command: String
        let agent: String
        let srcip: String?
        let user: String?
        let filename: String?
        let timeoutSeconds: Int?
        let arguments: [String]?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case command, agent, srcip, user, filename, timeoutSeconds, arguments, by, reason
        }
    }

    /// One of the built-in actions, which need no configuration.
    struct ActionRequest: RequestBody {
        let action: String
        let agent: String
        let pid: Int?
        let path: String?
        let ip: String?
        let url: String?
        let allowedIps: [String]?
        let timeoutSeconds: Int?
        let by: String?
        let reason: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case action, agent, pid, path, ip, url, allowedIps, timeoutSeconds, by, reason
        }
    }

    struct CommandAnswer: Codable, Sendable {
        struct Item: Codable, Sendable {
            let id: String
            let agent: String
            /// `queued`, or `held` while everything is stopped; for `restore` `undo_requested`.
            let state: String
        }
        let responses: [Item]
    }

    struct AlertsAnswer: Codable, Sendable {
        struct Problem: Codable, Sendable {
            let line: Int
            let error: String
        }
        let accepted: Int
        let invalid: Int
        let responses: [String]
        let errors: [Problem]
    }

    struct TestAnswer: Codable, Sendable {
        struct Item: Codable, Sendable {
            let activeResponse: String
            let command: String
            let location: String
            let fires: Bool
            let agents: [String]
            let reason: String
        }
        let alertId: String
        let responses: [Item]
    }

    /// What became of the alerts of `POST /v1/alerts/process`.
    struct ProcessAnswer: Codable, Sendable {
        enum Status: String, Codable, Sendable {
            /// Every response that fires is in the ledger, or would be.
            case success
            /// The line is no alert, or a response is refused.
            case failed
            /// Nothing fires for it, or it was processed before.
            case skipped
        }
        struct Item: Codable, Sendable {
            /// Null for a line that is no alert.
            let alertId: Nullable<String>
            let ruleId: Nullable<String>
            let ruleName: Nullable<String>
            let timestamp: Nullable<String>
            let status: Status
            let reason: String
            let responses: [Response]
        }
        struct Response: Codable, Sendable {
            /// Null in a dry run.
            let id: Nullable<String>
            let activeResponse: String
            let agent: String
            let observed: Bool
            /// Null in a dry run.
            let state: Nullable<String>
        }
        /// `success` and `failed` together.
        let processed: Int
        let success: Int
        let failed: Int
        let skipped: Int
        let dryRun: Bool
        let details: [Item]
    }

    struct Reloaded: Codable, Sendable {
        let reloaded: Bool
        /// The sections that have changed since the start and take effect at the next one.
        let restartNeededFor: [String]
    }

    struct Failure: Codable, Sendable {
        let error: String
        let errors: [String]?
    }
}
