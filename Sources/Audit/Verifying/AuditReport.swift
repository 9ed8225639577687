/// What a verification found.
package struct AuditReport: Sendable, Equatable {
    /// How many records are there and fit.
    package internal(set) var records = 0
    /// How many are gone because they were old, of which other records tell.
    package internal(set) var removed = 0
    /// When the first and the last record were made, in ISO 8601.
    package internal(set) var first: String?
    package internal(set) var last: String?
    /// How many places outside of the chain vouch for it.
    package internal(set) var checkpoints = 0
    /// The first place that does not fit; nil when all does.
    package internal(set) var finding: AuditFinding?
}

/// The first place at which a chain does not fit.
package struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// The record's number.
    package let sequence: Int64
    /// The response that it is about.
    package var dispatch: String?
    /// What differs.
    package let problem: String

    package init(sequence: Int64, dispatch: String? = nil, problem: String) {
        self.sequence = sequence
        self.dispatch = dispatch
        self.problem = problem
    }

    package var description: String {
        "record \(sequence)" + (dispatch.map { " (response \($0))" } ?? "") + ": \(problem)"
    }
}

/// What keeps a verification from being made: one sentence.
package struct AuditError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
