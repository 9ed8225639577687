import COpenSSL

/// A private key on the curve P-256, the only kind that manager and agents use.
package final class PrivateKey: Sendable {
    // Safe to share: the key is never changed after `init`, and OpenSSL counts references atomically.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Makes a new random key.
    package init() throws(TLSError) {
        ErrorQueue.clear()
        pointer = try ErrorQueue.check(edr_EVP_EC_gen("P-256"), "make a private key")
    }

    /// Reads a key from PEM.
    ///
    /// Encrypted keys and keys of another kind are errors.
    package init(pem: [UInt8]) throws(TLSError) {
        pointer = try Self.decode(try MemoryBIO(holding: pem))
    }

    /// Reads a key from a PEM file.
    ///
    /// - Throws: `unsafeFile` when the file belongs to somebody else than this user or root, or when its mode
    ///   gives others any access.
    package init(file path: String) throws(TLSError) {
        pointer = try CredentialFile.withContents(of: path, isSecret: true) { bytes throws(TLSError) in
            try Self.decode(try MemoryBIO(holding: bytes))
        }
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// The key as unencrypted PKCS #8 PEM.
    ///
    /// It is a secret: prefer ``write(to:)``.
    package func pem() throws(TLSError) -> [UInt8] {
        try encode().withBytes { Array($0) }
    }

    /// Writes the key to a file of mode 0600, all of it or nothing, replacing what is there.
    package func write(to path: String) throws(TLSError) {
        try encode().withBytes { bytes throws(TLSError) in try CredentialFile.write(bytes, to: path) }
    }

    private func encode() throws(TLSError) -> MemoryBIO {
        ErrorQueue.clear()
        let bio = try MemoryBIO()
        try ErrorQueue.check(
            PEM_write_bio_PKCS8PrivateKey(bio.pointer, pointer, nil, nil, 0, nil, nil), "encode a private key")
        return bio
    }

    private static func decode(_ bio: MemoryBIO) throws(TLSError) -> OpaquePointer {
        ErrorQueue.clear()
        // Without a callback OpenSSL would ask for an encrypted key's password on the terminal.
        guard let key = PEM_read_bio_PrivateKey(bio.pointer, nil, { _, _, _, _ in -1 }, nil) else {
            throw .invalidCredential(kind: "private key", reason: ErrorQueue.takeReason())
        }
        guard isP256(key) else {
            EVP_PKEY_free(key)
            throw .invalidCredential(kind: "private key", reason: "it is not on the curve P-256")
        }
        return key
    }

    /// Whether a public or private key is on the curve P-256.
    static func isP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        var length = 0
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC,
            EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1
        else { return false }
        return name.prefix(length).elementsEqual("prime256v1".utf8.map { CChar($0) })
    }
}
