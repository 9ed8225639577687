/// The SHA-256 digest of a certificate's DER form, by which an enrollment token names the manager's CA.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The length of every fingerprint in bytes.
    package static let byteCount = 32

    package let bytes: [UInt8]

    /// Makes a fingerprint from its bytes; nil unless there are exactly ``byteCount``.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits, as `openssl x509 -fingerprint -sha256` shows without its colons.
    package var description: String { hexadecimal(bytes) }
}
