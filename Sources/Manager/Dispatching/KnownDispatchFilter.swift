import ActiveResponse

/// Says of most new dispatches that they are new, without asking the ledger.
///
/// A Bloom filter over the ids of all dispatches: one that is not in it is certainly new; one that is has to be looked
/// up. Asking the ledger costs 0.2 ms, a fifth of what the manager may take from an alert to its order. Ids are
/// hashes already, so their own bits choose the places.
struct KnownDispatchFilter: Sendable {
    /// 2^23 bits, 1 MiB: with a million dispatches one new id in 40 is looked up in vain.
    private static let bits: UInt64 = 1 << 23

    private var words = [UInt64](repeating: 0, count: Int(bits / 64))

    mutating func insert(_ id: DispatchID) {
        for place in Self.places(of: id) { words[place / 64] |= 1 << (place % 64) }
    }

    /// Whether the dispatch may be known; false is certain.
    func mayContain(_ id: DispatchID) -> Bool {
        Self.places(of: id).allSatisfy { words[$0 / 64] & 1 << ($0 % 64) != 0 }
    }

    private static func places(of id: DispatchID) -> [Int] {
        let bytes = id.bytes
        return stride(from: 0, to: 16, by: 4).map { start in
            let part = bytes[start..<start + 4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(part % bits)
        }
    }
}
