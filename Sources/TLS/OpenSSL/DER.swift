/// The little of DER (X.690) that OpenSSL has no function for.
enum DER {
    /// Takes the element with a tag out of a sequence, in place.
    ///
    /// - Parameter bytes: one sequence (X.690, section 8.9), shorter than 64 KiB.
    /// - Returns: the part of `bytes` that is the sequence now; nil when that has no such element, or is none.
    static func remove(_ tag: UInt8, from bytes: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer? {
        guard let sequence = element(at: 0, in: bytes, end: bytes.count), bytes[0] == 0x30, sequence.end == bytes.count
        else { return nil }
        var position = sequence.content
        while let found = element(at: position, in: bytes, end: sequence.end) {
            guard bytes[position] == tag else {
                position = found.end
                continue
            }
            // What stands before moves up, and a new header before that.
            let removed = found.end - position
            let kept = position - sequence.content
            let content = sequence.content + removed
            UnsafeMutableRawBufferPointer(rebasing: bytes[content..<content + kept])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sequence.content..<sequence.content + kept]))
            let header = header(0x30, length: bytes.count - content)
            let start = content - header.count
            for (offset, byte) in header.enumerated() { bytes[start + offset] = byte }
            return UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
        }
        return nil
    }

    /// Where the content of the element that begins at a position begins, and where it ends.
    private static func element(
        at position: Int, in bytes: UnsafeMutableRawBufferPointer, end: Int
    ) -> (content: Int, end: Int)? {
        guard position + 1 < end else { return nil }
        var length = Int(bytes[position + 1])
        var content = position + 2
        if length > 0x80 {
            let size = length & 0x7F
            guard size <= 2, content + size <= end else { return nil }
            length = bytes[content..<content + size].reduce(0) { $0 << 8 | Int($1) }
            content += size
        } else if length == 0x80 {
            return nil
        }
        guard content + length <= end else { return nil }
        return (content, content + length)
    }

    /// A tag and a length in their shortest form.
    private static func header(_ tag: UInt8, length: Int) -> [UInt8] {
        switch length {
        case ..<0x80: [tag, UInt8(length)]
        case ..<0x100: [tag, 0x81, UInt8(length)]
        default: [tag, 0x82, UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
        }
    }
}
