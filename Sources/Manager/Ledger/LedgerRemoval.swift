/// Which records may go, and how many at once.
struct LedgerRemoval: Sendable, Equatable {
    /// What is old: responses whose last record is from before, and notes that are; in unix milliseconds.
    var before: Int64
    /// What goes.
    enum Scope: Sendable, Equatable {
        /// What is old.
        case old
        /// Reports whose response never came, however young, because room is needed: anybody's agent can send any number
        /// of them, and what others did is worth more.
        case orphans
        /// Every response that is over, because room is needed; notes stay.
        case all
    }
    var scope = Scope.old
    /// Where the search goes on, as the last step has said; a number of the ledger's own in each scope.
    var after: Int64 = 0
    /// Unix milliseconds.
    let now: Int64
    /// How long the ids of what is removed are remembered, in unix milliseconds.
    let rememberUntil: Int64
    /// About how many records are looked at and removed at once: enough to get on, few enough that deciding is not
    /// held up.
    var limit = 400

    /// What was done.
    struct Outcome: Sendable, Equatable {
        /// How many responses were removed.
        var responses = 0
        /// How many records were removed, those of the responses and others.
        var records = 0
        /// Where the search goes on; nil when nothing more can be removed now.
        var next: Int64?
    }
}

/// How much room the ledger takes, in bytes, without what waits in its write-ahead log.
struct LedgerSize: Sendable, Equatable {
    /// Of the file.
    let file: Int
    /// Of that, what is in use.
    let used: Int
}
