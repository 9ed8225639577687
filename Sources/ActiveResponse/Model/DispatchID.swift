/// The identity of one order for one agent: 16 bytes, written as 32 hexadecimal digits.
///
/// It is computed from what caused the order, never drawn at random, so that whoever computes it again (after a
/// crash, a replay, on a second manager) gets the same id and repeating is harmless everywhere.
package struct DispatchID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The id of nothing, where a value is needed before the real one is read.
    package static let zero = DispatchID(high: 0, low: 0)

    private let high: UInt64
    private let low: UInt64

    /// Makes an id of its 16 bytes; nil when there are more or fewer.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads the 32 hexadecimal digits, in either letter case.
    package init?(hex: String) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
            let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        self.high = high
        self.low = low
    }

    /// The id of the order that an active response sends to an agent for an alert.
    ///
    /// Every part goes into the hash with its length, so that no two different quadruples are the same bytes.
    ///
    /// - Parameters:
    ///   - alertIdentity: the unambiguous bytes of the alert's identity.
    ///   - activeResponse: the name of the active response.
    ///   - agent: the agent's id.
    ///   - action: what is to be done; two actions for the same alert have different ids.
    package static func of(
        alertIdentity: [UInt8], activeResponse: String, agent: String, action: String
    ) -> DispatchID {
        var hash = SHA256()
        for part in [alertIdentity, Array(activeResponse.utf8), Array(agent.utf8), Array(action.utf8)] {
            hash.update((0..<8).map { UInt8(truncatingIfNeeded: part.count >> (8 * $0)) })
            hash.update(part)
        }
        let digest = hash.finish()
        return DispatchID(
            high: digest[..<8].reduce(0) { $0 << 8 | UInt64($1) },
            low: digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 16 bytes.
    package var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }

    package var description: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    package static func < (left: DispatchID, right: DispatchID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
