import Testing

@testable import AgentProtocol

@Suite struct `Enrollment token` {
    private let fingerprint = [UInt8](100..<132)

    @Test func `a token comes back from its text`() throws {
        let token = try EnrollmentToken.random(authorityFingerprint: fingerprint)
        #expect(token.text.count == 80)
        #expect(token.text.hasPrefix("edr1."))
        #expect(try EnrollmentToken(token.text) == token)
        #expect(try EnrollmentToken(" \t\(token.text)\r\n") == token)
        #expect(token.authorityFingerprint == fingerprint)
    }

    @Test func `the text is the one that was agreed on`() throws {
        let token = try EnrollmentToken(
            authorityFingerprint: [UInt8](repeating: 0xFF, count: 32), secret: [UInt8](repeating: 0, count: 24))
        // 256 bits of ones, then zeros: 42 characters of six ones, one of four ones and two zeros, 32 of zeros.
        #expect(
            token.text == "edr1." + String(repeating: "_", count: 42) + "8" + String(repeating: "A", count: 32))
    }

    @Test func `secrets differ and are not printed`() throws {
        let tokens = try (0..<50).map { _ in try EnrollmentToken.random(authorityFingerprint: fingerprint) }
        #expect(Set(tokens.map(\.secret)).count == tokens.count)
        let secret = Base64URL.encode(tokens[0].secret)
        #expect(!"\(tokens[0])".contains(secret) && !String(reflecting: tokens[0]).contains(secret))
    }

    @Test(arguments: [
        ("", "it is empty"), (" \n", "it is empty"), ("edr2.AAAA", "does not begin"), ("EDR1.AAAA", "does not begin"),
        ("edr1.", "its end is missing"), ("edr1.AAAA", "its end is missing"), ("edr1.A", "wrong or missing"),
        ("edr1." + String(repeating: "A", count: 80), "something follows"),
        ("edr1." + String(repeating: "A", count: 74), "its end is missing"),
        ("edr1." + String(repeating: "A", count: 73), "wrong or missing"),
        ("edr1." + String(repeating: "A", count: 74) + "=", "wrong or missing"),
        ("edr1." + String(repeating: "A", count: 74) + "B", "wrong or missing"),
        ("edr1." + String(repeating: "A", count: 40) + " " + String(repeating: "A", count: 34), "wrong or missing"),
        ("edr1." + String(repeating: "+", count: 75), "wrong or missing"),
        ("edr1." + String(repeating: "é", count: 75), "wrong or missing"),
    ])
    func `a text that is no token is an error that says why`(text: String, reason: String) throws {
        let error = try #require(throws: AgentProtocolError.self) { try EnrollmentToken(text) }
        #expect(error.description.contains(reason))
        #expect(error.description.contains("edr-control enroll token"))
    }

    @Test func `parts of the wrong length make no token`() {
        #expect(throws: AgentProtocolError.self) {
            try EnrollmentToken(authorityFingerprint: [1], secret: [UInt8](repeating: 0, count: 24))
        }
        #expect(throws: AgentProtocolError.self) { try EnrollmentToken(authorityFingerprint: fingerprint, secret: []) }
    }

    @Test func `base64url agrees with RFC 4648`() {
        // Section 10's vectors, without their padding.
        for (text, encoded) in [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64URL.encode(Array(text.utf8)) == encoded)
            #expect(Base64URL.decode(encoded) == Array(text.utf8))
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    }

    @Test func `base64url has one text for any bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let bytes = (0..<Int.random(in: 0...70, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            let text = String(
                decoding: (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                    UInt8.random(in: 0x2A...0x7A, using: &generator)
                }, as: UTF8.self)
            if let decoded = Base64URL.decode(text) { #expect(Base64URL.encode(decoded) == text) }
        }
    }
}
