/// Counts how often each of many values came, in bounded memory.
///
/// Exact as long as there are not too many different ones: those that come when it is full are only counted together.
package struct Tally<Value: Hashable & Sendable>: Sendable {
    /// How often all values came.
    package private(set) var total = 0
    /// Whether every value is known.
    ///
    /// When it is not, there are more than ``distinct`` of them.
    package private(set) var isComplete = true
    private let limit: Int
    private var counts: [Value: Int] = [:]

    /// - Parameter limit: how many different values are told apart.
    package init(limit: Int = 50_000) {
        self.limit = limit
    }

    /// How many different values are known.
    package var distinct: Int { counts.count }

    package mutating func count(_ value: Value) {
        total += 1
        if counts.count < limit || counts[value] != nil {
            counts[value, default: 0] += 1
        } else {
            isComplete = false
        }
    }

    /// The most frequent values, most frequent first; equally frequent ones in the given order.
    package func top(_ number: Int, by isBefore: (Value, Value) -> Bool) -> [(value: Value, count: Int)] {
        let sorted = counts.sorted { one, other in
            one.value == other.value ? isBefore(one.key, other.key) : one.value > other.value
        }
        return sorted.prefix(number).map { (value: $0.key, count: $0.value) }
    }
}
