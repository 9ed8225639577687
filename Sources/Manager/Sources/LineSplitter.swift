/// Cuts a stream of bytes into lines without copying them, and bounds what an endless line can cost.
///
/// A value without I/O: the follower gives it what it has read and gets lines back. Offsets count from the
/// start of the stream (the file), so that a message can name the place of a bad line.
struct LineSplitter: Sendable {
    /// The longest line that is passed on, in bytes.
    ///
    /// Wazuh's own limit for an alert is 64 KiB.
    static let defaultLimit = 1 << 20

    /// What the splitter found.
    enum Line {
        /// One complete line without its newline.
        case complete(UnsafeRawBufferPointer)
        /// A line longer than the limit; its bytes were dropped as they came.
        case tooLong
    }

    /// The offset of the first byte that does not yet belong to a complete line.
    ///
    /// Reading again from here loses nothing.
    private(set) var completeOffset: Int64

    private let limit: Int
    private var partial: [UInt8] = []
    private var partialLength: Int64 = 0

    init(offset: Int64, limit: Int = Self.defaultLimit) {
        self.completeOffset = offset
        self.limit = limit
    }

    /// Takes the next bytes of the stream and hands out each line that is complete with them.
    ///
    /// - Parameter body: gets the line and the offset of its first byte. The bytes are valid during the call only.
    mutating func append(_ bytes: UnsafeRawBufferPointer, body: (Line, Int64) -> Void) {
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
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
}
