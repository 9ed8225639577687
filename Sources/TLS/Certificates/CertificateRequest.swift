import COpenSSL

/// A certificate signing request (PKCS #10): a public key and the proof that its sender has the private one.
package final class CertificateRequest: Sendable {
    // Safe to share: the request is never changed after `init`.
    nonisolated(unsafe) private let pointer: OpaquePointer

    /// Makes a request for `key`, signed by it.
    ///
    /// It asks for nothing: the authority decides what the certificate says.
    package init(for key: PrivateKey) throws(TLSError) {
        ErrorQueue.clear()
        pointer = try ErrorQueue.check(X509_REQ_new(), "allocate a certificate request")
        try ErrorQueue.check(X509_REQ_set_version(pointer, 0), "make a certificate request")
        try ErrorQueue.check(X509_REQ_set_pubkey(pointer, key.pointer), "make a certificate request")
        try ErrorQueue.check(X509_REQ_sign(pointer, key.pointer, EVP_sha256()), "sign a certificate request")
    }

    /// Reads a request from DER; bytes after its end are an error.
    ///
    /// The signature is not checked yet.
    package init(der: [UInt8]) throws(TLSError) {
        ErrorQueue.clear()
        let decoded = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            guard let pointer = d2i_X509_REQ(nil, &position, bytes.count) else { return nil }
            guard position == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_REQ_free(pointer)
                return nil
            }
            return pointer
        }
        guard let decoded else {
            throw .invalidCredential(kind: "certificate request", reason: ErrorQueue.takeReason())
        }
        pointer = decoded
    }

    deinit {
        X509_REQ_free(pointer)
    }

    /// The request's DER form.
    package func der() throws(TLSError) -> [UInt8] {
        ErrorQueue.clear()
        let bio = try MemoryBIO()
        try ErrorQueue.check(i2d_X509_REQ_bio(bio.pointer, pointer), "encode a certificate request")
        return try bio.withBytes { Array($0) }
    }

    /// The request's public key, once its signature is verified.
    ///
    /// It lives as long as the request.
    ///
    /// - Throws: `invalidCredential` when the signature is not of that key or the key is not on P-256.
    func verifiedPublicKey() throws(TLSError) -> OpaquePointer {
        ErrorQueue.clear()
        guard let key = X509_REQ_get0_pubkey(pointer) else {
            throw .invalidCredential(kind: "certificate request", reason: ErrorQueue.takeReason())
        }
        // Checked first, so that nobody can make the manager verify a giant RSA signature.
        guard PrivateKey.isP256(key) else {
            throw .invalidCredential(kind: "certificate request", reason: "its key is not on the curve P-256")
        }
        guard X509_REQ_verify(pointer, key) == 1 else {
            ErrorQueue.clear()
            throw .invalidCredential(kind: "certificate request", reason: "its signature does not match its key")
        }
        return key
    }
}
