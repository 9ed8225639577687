/// Which records may go, and how many at once.
struct LedgerRemoval: Sendable, Equatable {
    /// Responses whose last record is older, and notes that are; in unix milliseconds.
    var before: Int64
    /// Whether younger responses go too, because room is needed; notes stay.
    var isPressing = false
    /// Where the search goes on: the number of the record after which it begins.
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
