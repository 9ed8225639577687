/// The form of the journal's file: records one after the other, each with a head of twelve bytes.
///
/// Head: four bytes of magic, the payload's length, and the CRC-32 of length and payload, both 32 bits with the low
/// byte first. The magic makes it possible to find the next whole record after a damaged one. It never stands in a
/// payload, where a zero follows its first three bytes: payloads hold what scripts print, and nobody shall be able to
/// print a record that is found when the one around it is damaged.
package enum JournalScanner {
    private static let magic: [UInt8] = [0x45, 0x44, 0x52, 0x4A]
    private static let headSize = 12
    /// An order holds an alert of at most 1 MiB.
    private static let maximumPayload = 4 << 20

    /// What a journal's bytes hold.
    package struct Content: Sendable {
        /// The payloads of the whole records, in their order.
        package var payloads: [ArraySlice<UInt8>] = []
        /// Bytes that are no record: after a crash the torn end, else damage.
        package var damaged: [Range<Int>] = []
    }

    /// Appends one record.
    package static func append(_ payload: [UInt8], to bytes: inout [UInt8]) {
        let payload = stuffed(payload)
        let length = little(UInt32(truncatingIfNeeded: payload.count))
        bytes += magic
        bytes += length
        bytes += little(CRC32.checksum(length[...], payload[...]))
        bytes += payload
    }

    /// Reads the records.
    ///
    /// Never fails: what is not whole is skipped and reported.
    package static func scan(_ bytes: [UInt8]) -> Content {
        var content = Content()
        var position = 0
        while position < bytes.count {
            if let payload = record(in: bytes, at: position) {
                content.payloads.append(unstuffed(bytes[payload]))
                position = payload.upperBound
                continue
            }
            let start = position
            repeat { position += 1 } while position < bytes.count && record(in: bytes, at: position) == nil
            content.damaged.append(start..<position)
        }
        return content
    }

    /// Where the payload of the record at a position is; nil when no whole record is there.
    private static func record(in bytes: [UInt8], at position: Int) -> Range<Int>? {
        guard bytes.count - position >= headSize, bytes[position] == magic[0],
            bytes[position..<position + 4].elementsEqual(magic)
        else { return nil }
        let length = Int(number(in: bytes, at: position + 4))
        let start = position + headSize
        guard length <= maximumPayload, length <= bytes.count - start else { return nil }
        let payload = start..<start + length
        let checksum = CRC32.checksum(bytes[position + 4..<position + 8], bytes[payload])
        return checksum == number(in: bytes, at: position + 8) && isStuffed(bytes[payload]) ? payload : nil
    }

    /// A payload with a zero after each beginning of the magic.
    private static func stuffed(_ payload: [UInt8]) -> [UInt8] {
        guard var found = beginning(in: payload[...]) else { return payload }
        var stuffed: [UInt8] = []
        stuffed.reserveCapacity(payload.count + 16)
        var rest = payload[...]
        while true {
            stuffed += rest[..<found]
            stuffed.append(0)
            rest = rest[found...]
            guard let next = beginning(in: rest) else { return stuffed + rest }
            found = next
        }
    }

    /// Whether a zero follows each beginning of the magic, as in everything that is written here.
    private static func isStuffed(_ payload: ArraySlice<UInt8>) -> Bool {
        var rest = payload
        while let found = beginning(in: rest) {
            rest = rest[found...]
            guard rest.first == 0 else { return false }
        }
        return true
    }

    /// A payload as it was before ``stuffed(_:)``.
    private static func unstuffed(_ payload: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard var found = beginning(in: payload) else { return payload }
        var plain: [UInt8] = []
        var rest = payload
        while true {
            plain += rest[..<found]
            rest = rest[found...]
            rest = rest.dropFirst()
            guard let next = beginning(in: rest) else { return (plain + rest)[...] }
            found = next
        }
    }

    /// Where the first beginning of the magic, its first three bytes, ends.
    private static func beginning(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            guard buffer.count >= 3 else { return nil }
            for index in 0..<buffer.count - 2
            where buffer[index] == magic[0] && buffer[index + 1] == magic[1] && buffer[index + 2] == magic[2] {
                return bytes.startIndex + index + 3
            }
            return nil
        }
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func number(in bytes: [UInt8], at position: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[position + $1]) << (8 * UInt32($1)) }
    }
}
