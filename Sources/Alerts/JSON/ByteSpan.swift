/// A piece of a line, by offsets.
///
/// Lines are at most 1 MiB, so 32 bits are ample.
package struct ByteSpan: Sendable, Hashable {
    package var start: UInt32
    package var end: UInt32

    /// A member that is not there.
    static let none = ByteSpan(start: 0, end: 0)

    init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.init(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }

    /// Every JSON value has at least one byte, so an empty span is one that was not found.
    package var isEmpty: Bool { start == end }
    package var count: Int { Int(end) - Int(start) }
    package var range: Range<Int> { Int(start)..<Int(end) }
}
