package import Policy

/// What a candidate configuration would have done with a history of alerts.
///
/// Times are unix milliseconds.
package struct BacktestReport: Sendable {
    /// The most that were in force at once, and when that was first so.
    package struct Peak: Sendable, Equatable {
        package let count: Int
        package let at: Int64
    }

    /// Values with their numbers: all of them, and the most frequent ones.
    package struct Ranking<Value: Sendable>: Sendable {
        /// How often any of them came.
        package let total: Int
        package let distinct: Int
        /// False when there are more than ``distinct``, which were too many to be told apart.
        package let isComplete: Bool
        package let top: [(value: Value, count: Int)]
    }

    /// One active response of the candidate.
    package struct Response: Sendable {
        package let definition: ActiveResponseDefinition
        /// For how many alerts it fired.
        package let fired: Int
        /// How many scripts would have been run, each on one machine.
        package let runs: Int
        /// How many orders would only have prolonged one in force.
        package let prolonged: Int
        /// How many of all those `repeated_offenders` made longer.
        package let lengthened: Int
        package let first: Int64?
        package let last: Int64?
        package let targets: Ranking<ReplayTarget>
        package let machines: Ranking<Target>
        package let whiteListed: Ranking<WhiteListing>
        /// Why it did not fire although level, groups or rule id matched, other than for the white list.
        package let reasons: Ranking<String>
        /// Nil for a response that is never undone.
        package let peak: Peak?
    }

    /// Under which configuration alone a response fired.
    package enum Side: String, Sendable {
        case candidate
        case current
    }

    /// An alert for which a response fires under one configuration only.
    package struct Example: Sendable, Equatable {
        package let alertID: String
        package let raisedAt: Int64?
        package let file: String
        /// From 1.
        package let line: Int
        package let only: Side
        /// Why it does not fire under the other one.
        package let reason: String
    }

    package enum Change: String, Sendable {
        case new
        case gone
        case more
        case less
        /// As often, but for other alerts.
        case other
        case same
    }

    /// A response of one name under both configurations.
    package struct Difference: Sendable {
        package let name: String
        package let change: Change
        package let candidate: Int
        package let current: Int
        package let onlyCandidate: Int
        package let onlyCurrent: Int
        package let examples: [Example]
    }

    /// A file that was read.
    package struct File: Sendable, Equatable {
        package let name: String
        package internal(set) var alerts = 0
        /// Lines that are no alerts.
        package internal(set) var invalid = 0
        /// The first of them with what is wrong; nil when there is none.
        package internal(set) var firstInvalid: (line: Int, error: String)?

        package static func == (one: File, other: File) -> Bool {
            (one.name, one.alerts, one.invalid) == (other.name, other.alerts, other.invalid)
        }
    }

    package let files: [File]
    /// How many alerts matched by level, groups or rule id under either configuration.
    package let matched: Int
    /// How many of those had come before and were left out.
    package let repeated: Int
    /// For how many alerts any response of the candidate fired.
    package let fired: Int
    /// When the first and the last alert were raised that matched.
    package let first: Int64?
    package let last: Int64?
    package let agents: [AgentDirectory.Entry]
    package let responses: [Response]
    package let peak: Peak
    /// In the order of the candidate, then what is gone; nil without a current configuration.
    package let differences: [Difference]?
}
