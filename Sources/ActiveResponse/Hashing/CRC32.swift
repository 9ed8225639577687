/// The CRC-32 of ISO 3309 (as in gzip and Ethernet), which guards every record of the journal.
package enum CRC32 {
    /// The checksum of two runs of bytes, one after the other.
    package static func checksum(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8> = []) -> UInt32 {
        var register: UInt32 = 0xFFFF_FFFF
        for part in [first, second] {
            part.withUnsafeBufferPointer { bytes in
                table.withUnsafeBufferPointer { table in
                    for byte in bytes {
                        register = table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ (register >> 8)
                    }
                }
            }
        }
        return ~register
    }

    /// The register after eight steps for each value of its low byte, for the reflected polynomial 0x04C11DB7.
    private static let table: [UInt32] = (0..<256).map { value in
        (0..<8).reduce(UInt32(value)) { register, _ in
            register & 1 == 1 ? 0xEDB8_8320 ^ (register >> 1) : register >> 1
        }
    }
}
