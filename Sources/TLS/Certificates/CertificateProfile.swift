import COpenSSL
import Glibc

/// What a certificate of the manager's authority says, by the kind of its holder (RFC 5280, section 4.2.1).
enum CertificateProfile {
    case authority
    case server(names: [String], addresses: [String])
    case agent

    /// The extensions in OpenSSL's own notation: constant texts, so nobody's input is parsed by it.
    private var extensions: [(nid: Int32, value: String)] {
        switch self {
        case .authority:
            [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ]
        case .server: Self.leaf(usage: "serverAuth")
        case .agent: Self.leaf(usage: "clientAuth")
        }
    }

    private static func leaf(usage: String) -> [(nid: Int32, value: String)] {
        [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, usage),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
    }

    /// Makes and signs a certificate.
    ///
    /// - Parameters:
    ///   - publicKey: the holder's key.
    ///   - validity: the first and the last second, counted from 1970.
    ///   - issuer: the authority's certificate; nil for a certificate that is its own issuer.
    func certificate(
        subject: String, publicKey: OpaquePointer, validity: ClosedRange<Int64>, issuer: Certificate?,
        signedBy key: PrivateKey
    ) throws(TLSError) -> Certificate {
        ErrorQueue.clear()
        let operation = "make a certificate"
        let certificate = Certificate(owning: try ErrorQueue.check(X509_new(), operation))
        let pointer = certificate.pointer
        try ErrorQueue.check(X509_set_version(pointer, Int(X509_VERSION_3)), operation)
        try Self.setRandomSerial(of: pointer)
        try Self.setName(subject, of: pointer)
        try ErrorQueue.check(
            X509_set_issuer_name(pointer, X509_get_subject_name(issuer?.pointer ?? pointer)), operation)
        try Self.setTime(X509_getm_notBefore(pointer), validity.lowerBound)
        try Self.setTime(X509_getm_notAfter(pointer), validity.upperBound)
        try ErrorQueue.check(X509_set_pubkey(pointer, publicKey), operation)

        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer?.pointer ?? pointer, pointer, nil, nil, 0)
        for (nid, value) in extensions {
            let made = try ErrorQueue.check(X509V3_EXT_conf_nid(nil, &context, nid, value), operation)
            defer { X509_EXTENSION_free(made) }
            try ErrorQueue.check(X509_add_ext(pointer, made, -1), operation)
        }
        if case .server(let names, let addresses) = self {
            try SubjectAlternativeNames.add(names: names, addresses: addresses, to: pointer)
        }
        try ErrorQueue.check(X509_sign(pointer, key.pointer, EVP_sha256()), "sign a certificate")
        return certificate
    }

    /// Sets a random serial number of 128 bits, which nobody can guess or meet twice.
    private static func setRandomSerial(of pointer: OpaquePointer) throws(TLSError) {
        var bytes = [UInt8](repeating: 0, count: 16)
        try ErrorQueue.check(RAND_bytes(&bytes, Int32(bytes.count)), "draw a serial number")
        let number = try ErrorQueue.check(BN_bin2bn(bytes, Int32(bytes.count), nil), "draw a serial number")
        defer { BN_free(number) }
        guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil else {
            throw ErrorQueue.failure(of: "set a serial number")
        }
    }

    private static func setName(_ name: String, of pointer: OpaquePointer) throws(TLSError) {
        let bytes = Array(name.utf8)
        // 64 is the upper bound of a common name in RFC 5280.
        guard (1...64).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .invalidName(name)
        }
        let subject = X509_get_subject_name(pointer)
        guard X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0) == 1
        else { throw ErrorQueue.failure(of: "set a certificate's subject") }
    }

    private static func setTime(_ time: UnsafeMutablePointer<ASN1_TIME>?, _ seconds: Int64) throws(TLSError) {
        guard let time, ASN1_TIME_set(time, time_t(seconds)) != nil else {
            throw ErrorQueue.failure(of: "set a certificate's validity")
        }
    }
}
