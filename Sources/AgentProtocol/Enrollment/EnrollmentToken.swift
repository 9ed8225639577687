/// What an administrator carries from the manager to a new agent: the fingerprint of the manager's certificate
/// authority, so that the agent knows the manager at the first contact, and a secret, so that the manager knows
/// the agent.
///
/// Its text is `edr1.` and the two in base64url, 80 characters in all.
package struct EnrollmentToken: Hashable, Sendable {
    package static let fingerprintByteCount = 32
    package static let secretByteCount = 24

    private static let prefix = "edr1."

    /// The SHA-256 digest of the authority's certificate in DER.
    package let authorityFingerprint: [UInt8]
    /// The secret, of which the manager keeps only a digest.
    package let secret: [UInt8]

    /// - Throws: `invalidToken` unless both have their lengths.
    package init(authorityFingerprint: [UInt8], secret: [UInt8]) throws(AgentProtocolError) {
        guard authorityFingerprint.count == Self.fingerprintByteCount, secret.count == Self.secretByteCount else {
            throw .invalidToken(reason: "its parts have the wrong length")
        }
        self.authorityFingerprint = authorityFingerprint
        self.secret = secret
    }

    /// Makes a token with a new secret of 192 random bits from the system.
    package static func random(authorityFingerprint: [UInt8]) throws(AgentProtocolError) -> EnrollmentToken {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<secretByteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return try EnrollmentToken(authorityFingerprint: authorityFingerprint, secret: secret)
    }

    /// Reads a token's text.
    ///
    /// Blanks and line breaks around it, which copying brings along, do not count.
    ///
    /// - Throws: `invalidToken` with the reason, which never contains the text: it may be a secret.
    package init(_ text: String) throws(AgentProtocolError) {
        // By scalars: a blank with a combining mark is no blank.
        let trimmed = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = trimmed.lastIndex(where: { !$0.properties.isWhitespace }) else {
            throw .invalidToken(reason: "it is empty")
        }
        let token = Substring(trimmed[...last]).utf8
        guard token.starts(with: Self.prefix.utf8) else {
            throw .invalidToken(reason: "it does not begin with \"\(Self.prefix)\"")
        }
        guard let bytes = Base64URL.decode(Substring(token.dropFirst(Self.prefix.utf8.count))) else {
            throw .invalidToken(reason: "a character is wrong or missing")
        }
        let expected = Self.fingerprintByteCount + Self.secretByteCount
        guard bytes.count == expected else {
            throw .invalidToken(
                reason: bytes.count < expected ? "its end is missing" : "something follows after its end")
        }
        try self.init(
            authorityFingerprint: Array(bytes.prefix(Self.fingerprintByteCount)),
            secret: Array(bytes.suffix(Self.secretByteCount)))
    }

    /// The token's text.
    ///
    /// It is a secret: it is shown once, to the administrator who asked for it.
    package var text: String {
        Self.prefix + Base64URL.encode(authorityFingerprint + secret)
    }
}

extension EnrollmentToken: CustomStringConvertible {
    /// Says nothing of the secret, so that no log contains it.
    package var description: String { "EnrollmentToken" }
}
