/// How much responses may do before a person is asked: `<limits>` of an active response, or of `<global>` for all
/// together.
///
/// What would go beyond a limit is held instead of run.
package struct ResponseLimits: Sendable, Equatable {
    /// How many may be let out within any 60 seconds; at least 1, nil for no limit.
    package var runsPerMinute: Int?
    /// How many may be on their way, running or in force at the same time; at least 1, nil for no limit.
    package var concurrent: Int?
    /// On how many percent of the enrolled agents, from 1 to 100, one may be on its way or in force at the same time;
    /// nil for no limit.
    package var fleetShare: Int?

    package init(runsPerMinute: Int? = nil, concurrent: Int? = nil, fleetShare: Int? = nil) {
        self.runsPerMinute = runsPerMinute
        self.concurrent = concurrent
        self.fleetShare = fleetShare
    }

    /// Whether nothing is limited.
    package var isEmpty: Bool { self == ResponseLimits() }

    /// How many agents ``fleetShare`` allows, rounded down; nil without that limit.
    ///
    /// Never fewer than one, so that a small fleet can respond at all.
    package func agentsAllowed(enrolled: Int) -> Int? {
        fleetShare.map { max(1, enrolled * $0 / 100) }
    }
}

/// When a person is asked before a response runs, and what happens when nobody answers.
package struct ApprovalTerms: Sendable, Equatable {
    /// The answer that counts when nobody gave one in time.
    package enum Answer: String, Sendable, CaseIterable {
        case approve
        case deny
    }

    package static let defaultDeadline = Duration.seconds(3600)

    /// Whether each one is held, not only what goes beyond a limit.
    package var isRequired = false
    /// How long a held one waits for an answer; at least one second.
    package var deadline = Self.defaultDeadline
    package var byDefault = Answer.deny

    package init(isRequired: Bool = false, deadline: Duration = Self.defaultDeadline, byDefault: Answer = .deny) {
        self.isRequired = isRequired
        self.deadline = deadline
        self.byDefault = byDefault
    }
}
