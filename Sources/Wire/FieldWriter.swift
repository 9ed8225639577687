/// Writes a message in the Protocol Buffers wire format (protobuf.dev, "Encoding"): a sequence of
/// numbered fields, each a varint or a length-delimited run of bytes.
///
/// The format is used for the frames between manager and agent, for the agent's journal and for orders in
/// the ledger, because a reader skips fields that it does not know: old and new versions understand each other.
/// It is written by hand, without a runtime library, to keep the agent small (docs/decisions/0001).
package struct FieldWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an unsigned integer.
    ///
    /// Zero is the default of every field and is left out.
    package mutating func write(_ value: UInt64, field: Int) {
        guard value != 0 else { return }
        appendVarint(UInt64(field) << 3)
        appendVarint(value)
    }

    /// Writes a signed integer as a zigzag varint (`sint64`).
    ///
    /// Zero is left out.
    package mutating func write(_ value: Int64, field: Int) {
        write(UInt64(bitPattern: (value << 1) ^ (value >> 63)), field: field)
    }

    /// Writes text as UTF-8.
    ///
    /// An absent value is left out; an empty one is written, so that the two differ.
    package mutating func write(_ value: String?, field: Int) {
        guard var text = value else { return }
        text.withUTF8 { appendDelimited($0, field: field) }
    }

    /// Writes raw bytes.
    ///
    /// An empty run is written too.
    package mutating func write(_ value: [UInt8], field: Int) {
        value.withUnsafeBufferPointer { appendDelimited($0, field: field) }
    }

    private mutating func appendDelimited(_ value: UnsafeBufferPointer<UInt8>, field: Int) {
        appendVarint(UInt64(field) << 3 | 2)
        appendVarint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
