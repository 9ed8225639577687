/// How often each key was responded to, for `repeated_offenders`.
///
/// The ladder is Wazuh's (reference/ossec-wazuh.md, section 4): the first time the normal timeout holds, the n-th
/// repetition takes the n-th entry of the list, later ones its last. Unlike there the counters survive restarts, an
/// entry never shortens the normal timeout, and a key that was quiet for a time starts anew.
package struct RepetitionCounters: Sendable {
    private struct Counter {
        var count: Int
        var at: Int64
    }

    /// After so many milliseconds without a repetition a key is forgotten.
    package var quietTime: Int64
    private let limit: Int
    private var counters: [ResponseKey: Counter] = [:]

    package init(limit: Int = 100_000, quietTime: Int64 = 30 * 24 * 3_600_000) {
        self.limit = limit
        self.quietTime = quietTime
    }

    /// Counts one response to a key.
    ///
    /// - Parameters:
    ///   - ladder: minutes for the first, second, … repetition; empty when repetitions do not count.
    ///   - now: unix milliseconds.
    /// - Returns: how often the key had been seen before, to be journaled, and the least number of seconds that the
    ///   response shall hold; nil when repetitions do not count.
    package mutating func count(_ key: ResponseKey, ladder: [Int64], now: Int64) -> (seen: Int, seconds: Int64)? {
        guard !ladder.isEmpty else { return nil }
        let seen: Int
        if let counter = counters[key], now - counter.at <= quietTime { seen = counter.count } else { seen = 0 }
        restore(key, count: seen + 1, at: now)
        guard seen > 0 else { return (0, 0) }
        return (seen, ladder[min(seen, ladder.count) - 1] * 60)
    }

    /// Takes back what the last ``count(_:ladder:now:)`` of a key added: nothing ran for it after all.
    ///
    /// - Returns: what to journal; nil when nothing is counted for the key.
    package mutating func takeBack(_ key: ResponseKey) -> (count: Int, at: Int64)? {
        guard let counter = counters[key], counter.count > 0 else { return nil }
        restore(key, count: counter.count - 1, at: counter.at)
        return (counter.count - 1, counter.at)
    }

    /// Sets a counter, as the journal says.
    package mutating func restore(_ key: ResponseKey, count: Int, at: Int64) {
        guard count > 0 else { return counters[key] = nil }
        if counters.count >= limit, counters[key] == nil { forgetOldHalf() }
        counters[key] = Counter(count: count, at: at)
    }

    /// Calls the body for each counter that still matters at a time.
    package func forEach(now: Int64, _ body: (ResponseKey, _ count: Int, _ at: Int64) -> Void) {
        for (key, counter) in counters where counter.count > 0 && now - counter.at <= quietTime {
            body(key, counter.count, counter.at)
        }
    }

    private mutating func forgetOldHalf() {
        let times = counters.values.map(\.at).sorted()
        let middle = times[times.count / 2]
        counters = counters.filter { $0.value.at > middle }
    }
}
