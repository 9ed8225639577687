import COpenSSL
import Glibc

/// An X.509 certificate.
package final class Certificate: Sendable {
    // Safe to share: the certificate is never changed after `init`; OpenSSL counts references atomically and
    // fills the certificate's caches under its own lock.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes over one reference to an `X509`.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    /// Reads the first certificate of a PEM text.
    package convenience init(pem: String) throws(TLSError) {
        guard let first = try Self.chain(pem: pem).first else {
            throw .invalidCredential(kind: "certificate", reason: "no certificate is in it")
        }
        self.init(owning: try first.retained())
    }

    /// Reads a certificate from DER; bytes after its end are an error.
    package convenience init(der: [UInt8]) throws(TLSError) {
        ErrorQueue.clear()
        let pointer = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            guard let pointer = d2i_X509(nil, &position, bytes.count) else { return nil }
            guard position == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_free(pointer)
                return nil
            }
            return pointer
        }
        guard let pointer else {
            throw .invalidCredential(kind: "certificate", reason: ErrorQueue.takeReason())
        }
        self.init(owning: pointer)
    }

    /// Reads the first certificate of a PEM file.
    package convenience init(file path: String) throws(TLSError) {
        guard let first = try Self.chain(file: path).first else {
            throw .invalidCredential(kind: "certificate", reason: "no certificate is in \"\(path)\"")
        }
        self.init(owning: try first.retained())
    }

    /// Reads every certificate of a PEM file, in its order; there is at least one.
    package static func chain(file path: String) throws(TLSError) -> [Certificate] {
        try CredentialFile.withContents(of: path, isSecret: false) { bytes throws(TLSError) in
            try chain(pem: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Writes certificates as PEM to a file of mode 0600, all of them or nothing, replacing what is there.
    package static func write(_ chain: [Certificate], to path: String) throws(TLSError) {
        var text = ""
        for certificate in chain { text += try certificate.pem() }
        try CredentialFile.write(text: text, to: path)
    }

    deinit {
        X509_free(pointer)
    }

    /// Reads every certificate of a PEM text, in its order.
    ///
    /// Text between them is skipped, as in any PEM.
    package static func chain(pem: String) throws(TLSError) -> [Certificate] {
        ErrorQueue.clear()
        let bio = try MemoryBIO(holding: Array(pem.utf8))
        var chain: [Certificate] = []
        while let pointer = PEM_read_bio_X509(bio.pointer, nil, nil, nil) {
            chain.append(Certificate(owning: pointer))
        }
        // At the end of the text the reader finds no start line: that error alone is the normal end.
        let error = ERR_peek_last_error()
        guard !chain.isEmpty, edr_ERR_is_end_of_pem(error) == 1 else {
            throw .invalidCredential(kind: "certificate", reason: ErrorQueue.takeReason())
        }
        ErrorQueue.clear()
        return chain
    }

    /// The certificate as PEM text that ends with a line break.
    package func pem() throws(TLSError) -> String {
        ErrorQueue.clear()
        let bio = try MemoryBIO()
        try ErrorQueue.check(PEM_write_bio_X509(bio.pointer, pointer), "encode a certificate")
        return try bio.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes the certificate as PEM to a file of mode 0600, all of it or nothing, replacing what is there.
    package func write(to path: String) throws(TLSError) {
        try CredentialFile.write(text: try pem(), to: path)
    }

    /// The certificate's DER form.
    package func der() throws(TLSError) -> [UInt8] {
        ErrorQueue.clear()
        let bio = try MemoryBIO()
        try ErrorQueue.check(i2d_X509_bio(bio.pointer, pointer), "encode a certificate")
        return try bio.withBytes { Array($0) }
    }

    /// The SHA-256 digest of the certificate's DER form.
    package func fingerprint() throws(TLSError) -> Fingerprint {
        ErrorQueue.clear()
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        try ErrorQueue.check(X509_digest(pointer, EVP_sha256(), &digest, &length), "digest a certificate")
        guard let fingerprint = Fingerprint(Array(digest.prefix(Int(length)))) else {
            throw .library(operation: "digest a certificate", reason: "the digest has \(length) bytes")
        }
        return fingerprint
    }

    /// The subject's common name: the agent id in an agent's certificate.
    ///
    /// Nil when there is not exactly one.
    package var commonName: String? {
        guard let subject = X509_get_subject_name(pointer) else { return nil }
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, index) < 0,
            let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index))
        else { return nil }
        var utf8: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&utf8, data)
        guard length >= 0, let utf8 else { return nil }
        defer { CRYPTO_free(utf8, #fileID, #line) }
        return String(validating: UnsafeBufferPointer(start: utf8, count: Int(length)), as: UTF8.self)
    }

    /// The serial number as lower-case hexadecimal digits.
    package var serial: String {
        guard let number = X509_get0_serialNumber(pointer) else { return "" }
        return hexadecimal(
            UnsafeBufferPointer(start: ASN1_STRING_get0_data(number), count: Int(ASN1_STRING_length(number))))
    }

    /// When the certificate ends, in seconds since 1970.
    package var expiresAt: Int64 { Self.seconds(X509_get0_notAfter(pointer)) }

    /// When the certificate begins, in seconds since 1970.
    package var beginsAt: Int64 { Self.seconds(X509_get0_notBefore(pointer)) }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return Int64(timegm(&parts))
    }

    /// Whether the key of `authority` has signed this certificate.
    package func isSigned(by authority: Certificate) -> Bool {
        defer { ErrorQueue.clear() }
        guard let key = X509_get0_pubkey(authority.pointer) else { return false }
        return X509_verify(pointer, key) == 1
    }

    /// Whether `key` is the private key of this certificate.
    package func belongs(to key: PrivateKey) -> Bool {
        let matches = X509_check_private_key(pointer, key.pointer) == 1
        ErrorQueue.clear()
        return matches
    }

    private func retained() throws(TLSError) -> OpaquePointer {
        try ErrorQueue.check(X509_up_ref(pointer), "share a certificate")
        return pointer
    }
}
