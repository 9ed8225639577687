import COpenSSL

/// Comparing secrets.
package enum ConstantTime {
    /// Whether two runs of bytes are the same; how long it takes tells nothing but their lengths.
    package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        return CRYPTO_memcmp(first, second, first.count) == 0
    }
}
