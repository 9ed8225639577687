/// The last part of what a script printed, in bounded memory: an error usually stands at the end.
struct OutputTail: Sendable {
    private let limit: Int
    private var kept: [UInt8] = []

    init(limit: Int = 65_536) {
        self.limit = limit
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        kept.append(contentsOf: bytes.suffix(limit))
        // Cut only when twice the limit is reached, so that a flood is not moved once per read.
        if kept.count > 2 * limit { kept.removeFirst(kept.count - limit) }
    }

    /// What is kept: at most the limit, beginning with a whole UTF-8 character when something was cut off.
    var bytes: [UInt8] {
        guard kept.count > limit else { return kept }
        var tail = kept.suffix(limit)
        while let first = tail.first, first & 0xC0 == 0x80, limit - tail.count < 3 { tail.removeFirst() }
        return Array(tail)
    }
}
