import Glibc

/// Cuts a stream of bytes into lines without copying them, and bounds what an endless line can cost.
///
/// A value without I/O: who reads gives it what it has read and gets lines back. Offsets count from the start of the
/// stream (the file), so that a message can name the place of a bad line.
package struct LineSplitter: Sendable {
    /// The longest line that is passed on, in bytes.
    ///
    /// Wazuh's own limit for an alert is 64 KiB.
    package static let defaultLimit = 1 << 20

    /// What the splitter found.
    package enum Line {
        /// One complete line without its newline.
        case complete(UnsafeRawBufferPointer)
        /// A line longer than the limit; its bytes were dropped as they came.
        case tooLong
    }

    /// The offset of the first byte that does not yet belong to a complete line.
    ///
    /// Reading again from here loses nothing.
    package private(set) var completeOffset: Int64

    private let limit: Int
    private var partial: [UInt8] = []
    private var partialLength: Int64 = 0

    package init(offset: Int64, limit: Int = Self.defaultLimit) {
        self.completeOffset = offset
        self.limit = limit
    }

    /// Takes the next bytes of the stream and hands out each line that is complete with them.
    ///
    /// - Parameter body: gets the line and the offset of its first byte. The bytes are valid during the call only.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, body: (Line, Int64) -> Void) {
        var rest = bytes
        while let newline = Self.newline(in: rest) {
            let head = UnsafeRawBufferPointer(rebasing: rest[..<newline])
            rest = UnsafeRawBufferPointer(rebasing: rest[(newline + 1)...])
            let length = partialLength + Int64(head.count)
            if length > Int64(limit) {
                body(.tooLong, completeOffset)
            } else if partialLength == 0 {
                body(.complete(head), completeOffset)
            } else {
                partial.append(contentsOf: head)
                partial.withUnsafeBytes { body(.complete($0), completeOffset) }
            }
            partial.removeAll(keepingCapacity: partial.capacity <= 1 << 16)
            partialLength = 0
            completeOffset += length + 1
        }
        partialLength += Int64(rest.count)
        if partialLength > Int64(limit) {
            partial = []
        } else {
            partial.append(contentsOf: rest)
        }
    }

    /// The stream has ended: hands out what stands behind its last newline, if anything does.
    package mutating func finish(body: (Line, Int64) -> Void) {
        guard partialLength > 0 else { return }
        if partialLength > Int64(limit) {
            body(.tooLong, completeOffset)
        } else {
            partial.withUnsafeBytes { body(.complete($0), completeOffset) }
        }
        completeOffset += partialLength
        partial = []
        partialLength = 0
    }

    /// By `memchr`, which compares many bytes at once: a loop would cost a third of a scan.
    private static func newline(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress, let found = memchr(start, 0x0A, bytes.count) else { return nil }
        return UnsafeRawPointer(found) - start
    }
}
