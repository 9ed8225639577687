import Alerts

/// Remembers for which kinds of rules any response may fire, keyed by the raw bytes of an alert's rule id, level,
/// groups and compliance tags.
///
/// A ruleset has some thousand rules and its alerts repeat them, so nearly every alert is answered here. Keys are
/// compared in full: no collision of hashes can suppress a response. The size is bounded; a full cache begins again.
package struct CandidateCache: Sendable {
    private struct Entry {
        var hash: UInt64
        var start: Int
        var count: Int
        var answer: Bool
    }

    /// A power of two, at most half of it used.
    private static let slotCount = 1 << 14
    private static let maximumEntries = slotCount / 2
    private static let maximumKeyBytes = 1 << 21
    /// A longer key is not worth keeping: the rule of a real ruleset has some hundred bytes.
    private static let longestKey = 2048
    /// Each span's length, and up to seven bytes of padding for reading whole words.
    private static let keyRoom = longestKey + 4 * (AlertFields.ruleSpanCount + 1) + 8

    /// Whose answers these are.
    private var owner: CompiledPolicy?
    /// One more than the index of an entry; 0 for none.
    private var slots = [UInt16](repeating: 0, count: slotCount)
    private var entries: [Entry] = []
    private var keys: [UInt8] = []
    /// The key that is looked up.
    private var key = [UInt8](repeating: 0, count: keyRoom)
    /// Unknown to whoever writes alerts, so that nobody can choose keys that collide.
    private let seed = UInt64.random(in: .min ... .max)

    package init() {}

    /// Whether any response of the policy may fire for the alert.
    mutating func answer(_ fields: AlertFields, line: UnsafeRawBufferPointer, for policy: CompiledPolicy) -> Bool {
        if owner !== policy { reset(for: policy) }
        guard let count = writeKey(fields, line: line) else { return policy.matchesAny(fields.ruleFacts(in: line)) }
        let hash = hash(count)
        var slot = Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, isKey(entry, count) { return entry.answer }
            slot = (slot + 1) & (Self.slotCount - 1)
        }
        let answer = policy.matchesAny(fields.ruleFacts(in: line))
        insert(Entry(hash: hash, start: keys.count, count: count, answer: answer), at: slot, policy)
        return answer
    }

    private mutating func reset(for policy: CompiledPolicy) {
        owner = policy
        entries.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        for index in slots.indices { slots[index] = 0 }
    }

    private mutating func insert(_ entry: Entry, at slot: Int, _ policy: CompiledPolicy) {
        guard entries.count < Self.maximumEntries, keys.count + entry.count <= Self.maximumKeyBytes else {
            return reset(for: policy)
        }
        keys.append(contentsOf: key[..<entry.count])
        entries.append(entry)
        slots[slot] = UInt16(entries.count)
    }

    /// Writes level and raw values, each value with its length before it, and zeros up to a whole word.
    ///
    /// - Returns: the key's length without the zeros; nil when it would be too long.
    private mutating func writeKey(_ fields: AlertFields, line: UnsafeRawBufferPointer) -> Int? {
        let spans = fields.ruleSpans
        var total = 0
        for index in spans.indices { total += spans[index].count }
        guard total <= Self.longestKey else { return nil }
        // The key has room for `longestKey` bytes of values, ten lengths of four bytes and the padding, so no write
        // below can pass its end; each span lies in `line`, from whose scan it is.
        return key.withUnsafeMutableBytes { key in
            key.storeBytes(of: UInt32(truncatingIfNeeded: fields.level), toByteOffset: 0, as: UInt32.self)
            var end = 4
            for index in spans.indices {
                let span = spans[index]
                key.storeBytes(of: UInt32(truncatingIfNeeded: span.count), toByteOffset: end, as: UInt32.self)
                end += 4
                guard span.count > 0 else { continue }
                UnsafeMutableRawBufferPointer(rebasing: key[end..<end + span.count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: line[span.range]))
                end += span.count
            }
            key.storeBytes(of: 0, toByteOffset: end, as: UInt64.self)
            return end
        }
    }

    /// A hash of the key by multiplication and folding, eight bytes at a time.
    private func hash(_ count: Int) -> UInt64 {
        key.withUnsafeBytes { key in
            var hash = seed ^ UInt64(truncatingIfNeeded: count)
            var offset = 0
            // The zeros behind the key make its last word whole.
            while offset < count {
                let word = key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
                hash = product.high ^ product.low
                offset += 8
            }
            return hash ^ (hash >> 32)
        }
    }

    private func isKey(_ entry: Entry, _ count: Int) -> Bool {
        guard entry.count == count else { return false }
        // Both ranges were written in full: the entry's by `insert`, the key's by `writeKey`.
        return keys.withUnsafeBytes { keys in
            key.withUnsafeBytes { key in
                UnsafeRawBufferPointer(rebasing: keys[entry.start..<entry.start + count])
                    .elementsEqual(UnsafeRawBufferPointer(rebasing: key[..<count]))
            }
        }
    }
}
