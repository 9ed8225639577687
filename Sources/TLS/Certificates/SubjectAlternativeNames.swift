import COpenSSL

/// The names and addresses for which a server certificate stands.
enum SubjectAlternativeNames {
    /// Adds them to a certificate.
    ///
    /// They are checked, since a name such as `a,DNS:b` or one with a zero byte must not come to mean something else.
    ///
    /// - Throws: `invalidName` for a text that is no DNS name or no IP address.
    static func add(names: [String], addresses: [String], to certificate: OpaquePointer) throws(TLSError) {
        let all = try ErrorQueue.check(edr_GENERAL_NAMES_new(), "make a list of names")
        defer { GENERAL_NAMES_free(all) }
        for name in names {
            guard isDNSName(name) else { throw .invalidName(name) }
            let text = try ErrorQueue.check(ASN1_STRING_type_new(V_ASN1_IA5STRING), "make a name")
            ASN1_STRING_set(text, name, Int32(name.utf8.count))
            try push(text, kind: GEN_DNS, to: all)
        }
        for address in addresses {
            guard let bytes = a2i_IPADDRESS(address) else {
                ErrorQueue.clear()
                throw .invalidName(address)
            }
            try push(bytes, kind: GEN_IPADD, to: all)
        }
        try ErrorQueue.check(
            X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(all), 0, 0),
            "add names to a certificate")
    }

    /// Adds one name to the list, which takes over `value`.
    private static func push(
        _ value: UnsafeMutablePointer<ASN1_STRING>, kind: Int32, to all: OpaquePointer
    ) throws(TLSError) {
        guard let name = GENERAL_NAME_new() else {
            ASN1_STRING_free(value)
            throw ErrorQueue.failure(of: "make a name")
        }
        GENERAL_NAME_set0_value(name, kind, value)
        guard edr_GENERAL_NAMES_push(all, name) > 0 else {
            GENERAL_NAME_free(name)
            throw ErrorQueue.failure(of: "make a name")
        }
    }

    private static func isDNSName(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                            true
                        default: false
                        }
                    }
            }
    }
}
