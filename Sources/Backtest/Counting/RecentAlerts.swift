import Alerts

/// Recognizes an alert that came before, as in two files that overlap: the same alert twice is one alert.
///
/// In bounded memory: it remembers at least the last half million alerts.
struct RecentAlerts: Sendable {
    private let generation: Int
    private var newer: Set<Int> = []
    private var older: Set<Int> = []

    /// - Parameter generation: how many alerts it remembers at least.
    init(generation: Int = 500_000) {
        self.generation = generation
    }

    /// Remembers an alert.
    ///
    /// - Returns: false when it is known. By a hash of 64 bits: among a million alerts, two that are different are taken
    ///   for one once in 37 million histories.
    mutating func insert(_ identity: AlertIdentity) -> Bool {
        var hasher = Hasher()
        hasher.combine(identity)
        let hash = hasher.finalize()
        if older.contains(hash) || !newer.insert(hash).inserted { return false }
        if newer.count >= generation {
            older = newer
            newer = []
        }
        return true
    }
}
