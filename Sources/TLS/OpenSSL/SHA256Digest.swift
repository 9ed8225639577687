import COpenSSL

/// OpenSSL's SHA-256, which uses the processor's instructions for it: for where much is hashed.
package enum SHA256Digest {
    /// The digest (32 bytes) of a run of bytes.
    ///
    /// - Throws: when memory is short.
    package static func of(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let result = bytes.withUnsafeBytes { bytes in
            EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil)
        }
        guard result == 1, length == 32 else { throw ErrorQueue.failure(of: "compute a SHA-256") }
        return digest
    }
}
