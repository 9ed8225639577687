import Foundation
import TLS
import Testing

@Suite struct Certificates {
    private let directory: TemporaryDirectory
    private let authority: CertificateAuthority

    init() throws {
        directory = try TemporaryDirectory()
        authority = try CertificateAuthority()
    }

    // MARK: The authority

    @Test func `an authority is made once and then found again`() throws {
        let made = try CertificateAuthority.loadOrCreate(directory: directory.path)
        let found = try CertificateAuthority.loadOrCreate(directory: directory.path)
        #expect(try made.certificate.fingerprint() == found.certificate.fingerprint())
        #expect(made.certificate.commonName == "edr-manager CA")
        let tenYears: Int64 = 3652 * 24 * 3600
        #expect(abs(made.certificate.expiresAt - CertificateAuthority.currentTime - tenYears) < 600)
    }

    @Test func `its files can be read by their owner alone and no other file is left`() throws {
        try authority.write(to: directory.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["ca-key.pem", "ca.pem"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.file(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test(arguments: ["ca.pem", "ca-key.pem"])
    func `when one file is missing no new authority replaces the old one`(missing: String) throws {
        try authority.write(to: directory.path)
        try FileManager.default.removeItem(atPath: directory.file(missing))
        #expect(throws: TLSError.file(path: directory.file(missing), operation: "open", errno: ENOENT)) {
            try CertificateAuthority.loadOrCreate(directory: directory.path)
        }
    }

    @Test func `a certificate and a key that do not belong together are an error`() throws {
        try authority.write(to: directory.path)
        try CertificateAuthority().certificate.write(to: directory.file("ca.pem"))
        let error = #expect(throws: TLSError.self) { try CertificateAuthority(directory: directory.path) }
        #expect(error?.description.contains("do not match") == true)
    }

    // MARK: Issuing

    @Test func `an agent's certificate says what the authority says, not what the request asks for`() throws {
        let key = try PrivateKey()
        try key.write(to: directory.file("key.pem"))
        let made = try OpenSSLCommand.run([
            "req", "-new", "-key", directory.file("key.pem"), "-subj", "/O=Evil/CN=edr-manager", "-addext",
            "basicConstraints=CA:TRUE", "-addext", "extendedKeyUsage=serverAuth", "-addext",
            "subjectAltName=DNS:edr-manager", "-outform", "DER", "-out", directory.file("request.der"),
        ])
        try #require(made.status == 0, "\(made.output)")
        let der = try [UInt8](Data(contentsOf: URL(fileURLWithPath: directory.file("request.der"))))
        let certificate = try authority.issueAgentCertificate(for: CertificateRequest(der: der), agentID: "012")
        #expect(certificate.commonName == "012")
        #expect(certificate.belongs(to: key))
        let text = try self.text(of: certificate)
        #expect(text.contains("Subject: CN = 012\n"))
        #expect(text.contains("TLS Web Client Authentication"))
        #expect(text.contains("CA:FALSE"))
        #expect(!text.contains("TLS Web Server Authentication") && !text.contains("DNS:"))
    }

    @Test func `another implementation accepts the chains for their purpose only`() throws {
        try authority.write(to: directory.path)
        let key = try PrivateKey()
        let agent = try authority.issueAgentCertificate(for: CertificateRequest(for: key), agentID: "001")
        let server = try authority.issueServerCertificate(for: key)
        try agent.write(to: directory.file("agent.pem"))
        try server.write(to: directory.file("server.pem"))
        for (file, purpose, isGood) in [
            ("agent.pem", "sslclient", true), ("agent.pem", "sslserver", false),
            ("server.pem", "sslserver", true), ("server.pem", "sslclient", false),
        ] {
            let outcome = try OpenSSLCommand.run([
                "verify", "-x509_strict", "-CAfile", directory.file("ca.pem"), "-purpose", purpose,
                directory.file(file),
            ])
            #expect((outcome.status == 0) == isGood, "\(file) as \(purpose): \(outcome.output)")
        }
    }

    @Test func `a server certificate stands for its names and addresses`() throws {
        let certificate = try authority.issueServerCertificate(
            for: PrivateKey(), names: ["edr.example.org", "edr-manager"], addresses: ["192.0.2.1", "2001:db8::1"])
        let expected =
            "DNS:edr-manager, DNS:edr.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1\n"
        #expect(try text(of: certificate).contains(expected))
    }

    @Test(arguments: ["", "a,DNS:b", "a b", "-a", "a..b", "a\0b", "a.", String(repeating: "a", count: 64)])
    func `a text that is no DNS name cannot stand in a certificate`(name: String) throws {
        #expect(throws: TLSError.invalidName(name)) {
            try authority.issueServerCertificate(for: PrivateKey(), names: [name])
        }
    }

    @Test(arguments: ["", "192.0.2", "192.0.2.256", "fe80::1%eth0", "host"])
    func `a text that is no address cannot stand in a certificate`(address: String) throws {
        #expect(throws: TLSError.invalidName(address)) {
            try authority.issueServerCertificate(for: PrivateKey(), addresses: [address])
        }
    }

    @Test(arguments: ["", "0\n1", "a\0", String(repeating: "1", count: 65)])
    func `an agent id that cannot be a common name is an error`(id: String) throws {
        #expect(throws: TLSError.invalidName(id)) {
            try authority.issueAgentCertificate(for: CertificateRequest(for: PrivateKey()), agentID: id)
        }
    }

    @Test func `serial numbers are random`() throws {
        let request = try CertificateRequest(for: PrivateKey())
        let serials = try (0..<20).map { _ in
            try authority.issueAgentCertificate(for: request, agentID: "001").serial
        }
        #expect(Set(serials).count == serials.count)
        // 128 random bits: all twenty shorter than 96 bits would be a miracle.
        #expect(serials.contains { $0.count >= 24 })
        #expect(serials.allSatisfy { $0.count <= 34 })
    }

    @Test func `no certificate outlives its authority`() throws {
        let now = CertificateAuthority.currentTime
        let old = try CertificateAuthority(now: now - 9 * 365 * 24 * 3600)
        let certificate = try old.issueAgentCertificate(for: CertificateRequest(for: PrivateKey()), agentID: "001")
        #expect(certificate.expiresAt == old.certificate.expiresAt)
    }

    // MARK: Requests

    @Test func `a request survives its DER form`() throws {
        let key = try PrivateKey()
        let der = try CertificateRequest(for: key).der()
        let certificate = try authority.issueAgentCertificate(for: CertificateRequest(der: der), agentID: "001")
        #expect(certificate.belongs(to: key))
    }

    @Test func `a request for somebody else's key is refused`() throws {
        var der = try CertificateRequest(for: PrivateKey()).der()
        der[der.count - 1] ^= 1
        let request = try CertificateRequest(der: der)
        let error = #expect(throws: TLSError.self) { try authority.issueAgentCertificate(for: request, agentID: "1") }
        #expect(error?.description.contains("signature does not match") == true)
    }

    @Test func `bytes after a request or a certificate are an error`() throws {
        let request = try CertificateRequest(for: PrivateKey()).der()
        #expect(throws: TLSError.self) { try CertificateRequest(der: request + [0]) }
        let certificate = try authority.certificate.der()
        #expect(throws: TLSError.self) { try Certificate(der: certificate + [0]) }
        #expect(try Certificate(der: certificate).fingerprint() == authority.certificate.fingerprint())
    }

    @Test func `damaged requests and certificates are errors, never a crash`() throws {
        let request = try CertificateRequest(for: PrivateKey()).der()
        let certificate = try authority.certificate.der()
        for _ in 0..<2_000 {
            var damagedRequest = request
            damagedRequest[.random(in: damagedRequest.indices)] = .random(in: 0...255)
            if let decoded = try? CertificateRequest(der: damagedRequest), damagedRequest != request {
                #expect(throws: TLSError.self) { try authority.issueAgentCertificate(for: decoded, agentID: "1") }
            }
            let cut = Array(certificate.prefix(.random(in: 0..<certificate.count)))
            #expect(throws: TLSError.self) { try Certificate(der: cut) }
        }
    }

    @Test(arguments: [["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-algorithm", "ED25519"]])
    func `keys of another kind are refused`(arguments: [String]) throws {
        let made = try OpenSSLCommand.run(["genpkey"] + arguments + ["-out", directory.file("key.pem")])
        try #require(made.status == 0)
        let reason = "it is not on the curve P-256, in \"\(directory.file("key.pem"))\""
        #expect(throws: TLSError.invalidCredential(kind: "private key", reason: reason)) {
            try PrivateKey(file: directory.file("key.pem"))
        }
        let request = try OpenSSLCommand.run([
            "req", "-new", "-key", directory.file("key.pem"), "-subj", "/CN=x", "-outform", "DER", "-out",
            directory.file("request.der"),
        ])
        try #require(request.status == 0)
        let der = try [UInt8](Data(contentsOf: URL(fileURLWithPath: directory.file("request.der"))))
        #expect(
            throws: TLSError.invalidCredential(
                kind: "certificate request", reason: "its key is not on the curve P-256")
        ) {
            try authority.issueAgentCertificate(for: CertificateRequest(der: der), agentID: "1")
        }
    }

    // MARK: Keys and files

    @Test func `a key survives its file`() throws {
        let key = try PrivateKey()
        try key.write(to: directory.file("key.pem"))
        let certificate = try authority.issueAgentCertificate(for: CertificateRequest(for: key), agentID: "001")
        #expect(try certificate.belongs(to: PrivateKey(file: directory.file("key.pem"))))
        #expect(try certificate.belongs(to: PrivateKey(pem: key.pem())))
        #expect(try !certificate.belongs(to: PrivateKey()))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601])
    func `a key that others can touch is refused`(mode: Int) throws {
        let path = directory.file("key.pem")
        try PrivateKey().write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: TLSError.self) { try PrivateKey(file: path) }
        #expect(error?.description.contains("set mode 600") == true)
    }

    @Test func `an encrypted key is an error, not a question on the terminal`() throws {
        let path = directory.file("key.pem")
        let made = try OpenSSLCommand.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes-128-cbc", "-pass", "pass:x",
            "-out", path,
        ])
        try #require(made.status == 0)
        #expect(throws: TLSError.self) { try PrivateKey(file: path) }
    }

    @Test func `a file that is missing, a directory or no PEM is an error that names it`() throws {
        let missing = directory.file("missing.pem")
        #expect(throws: TLSError.file(path: missing, operation: "open", errno: ENOENT)) {
            try PrivateKey(file: missing)
        }
        #expect(throws: TLSError.self) { try Certificate(file: directory.path) }
        try CredentialFile.write(text: "no PEM", to: directory.file("text"))
        let text = directory.file("text")
        let reason = "no start line, in \"\(text)\""
        #expect(throws: TLSError.invalidCredential(kind: "certificate", reason: reason)) {
            try Certificate(file: text)
        }
        let key = #expect(throws: TLSError.self) { try PrivateKey(file: text) }
        #expect(key?.description.hasSuffix(", in \"\(text)\"") == true)
    }

    @Test func `a file that cannot be written leaves nothing behind`() throws {
        let path = directory.path + "/absent/key.pem"
        #expect(throws: TLSError.self) { try PrivateKey().write(to: path) }
        try FileManager.default.createDirectory(atPath: directory.file("taken"), withIntermediateDirectories: false)
        #expect(throws: TLSError.file(path: directory.file("taken"), operation: "replace", errno: EISDIR)) {
            try PrivateKey().write(to: directory.file("taken"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["taken"])
    }

    @Test func `a chain is read in its order, a damaged one is an error`() throws {
        let other = try CertificateAuthority().certificate
        let pem = try authority.certificate.pem() + "a comment\n" + other.pem()
        let chain = try Certificate.chain(pem: pem)
        #expect(try chain.map { try $0.fingerprint() } == [authority.certificate.fingerprint(), other.fingerprint()])
        #expect(try Certificate(pem: pem).fingerprint() == authority.certificate.fingerprint())
        #expect(throws: TLSError.self) { try Certificate.chain(pem: String(pem.dropLast(40))) }
        #expect(throws: TLSError.self) { try Certificate.chain(pem: "") }
    }

    @Test func `the fingerprint is the one that openssl shows`() throws {
        try authority.certificate.write(to: directory.file("ca.pem"))
        let outcome = try OpenSSLCommand.run([
            "x509", "-in", directory.file("ca.pem"), "-noout", "-fingerprint", "-sha256",
        ])
        let digits = outcome.output.split(separator: "=").last?.filter { $0.isHexDigit }.lowercased()
        #expect(try digits == authority.certificate.fingerprint().description)
    }

    private func text(of certificate: Certificate) throws -> String {
        try certificate.write(to: directory.file("shown.pem"))
        return try OpenSSLCommand.run(["x509", "-in", directory.file("shown.pem"), "-noout", "-text"]).output
    }
}
