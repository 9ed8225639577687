package import TLS

/// The hash of one record of a chain, in which the hash of the record before it takes part: 32 bytes of SHA-256.
package struct AuditHash: Hashable, Sendable, CustomStringConvertible {
    /// What stands in the place of the hash before the first record.
    package static let start = AuditHash(unchecked: [UInt8](repeating: 0, count: 32))

    package let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Makes a hash of its 32 bytes; nil when there are more or fewer.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads 64 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The hash of the record that comes next.
    package func next(_ record: [UInt8]) throws(TLSError) -> AuditHash {
        AuditHash(unchecked: try SHA256Digest.of(bytes + record))
    }

    /// 64 lower-case hexadecimal digits.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The last record of a chain.
package struct ChainHead: Hashable, Sendable {
    /// Its number; 0 when there is none.
    package let sequence: Int64
    package let hash: AuditHash

    /// Before the first record.
    package static let start = ChainHead(sequence: 0, hash: .start)

    package init(sequence: Int64, hash: AuditHash) {
        self.sequence = sequence
        self.hash = hash
    }
}
