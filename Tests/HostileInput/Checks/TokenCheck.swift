import AgentProtocol

/// Reads an enrollment token.
struct TokenCheck {
    private let text: String

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
    }

    func run() throws(Violation) {
        let token: EnrollmentToken
        do throws(AgentProtocolError) {
            token = try EnrollmentToken(text)
        } catch {
            // A part of a token is a part of a secret.
            let words = text.split(whereSeparator: \.isWhitespace).filter { $0.utf8.count > 16 }
            for word in words { try demand(!error.description.contains(word), "the error shows the text") }
            return
        }
        let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        let words = text.unicodeScalars.split(whereSeparator: isBlank).map { Array(String($0).utf8) }
        try demand(words == [Array(token.text.utf8)], "two texts are the same token")
        try demand(!"\(token)".contains(token.text.suffix(16)), "the description shows the secret")
    }

    static var samples: [[UInt8]] {
        let token = try? EnrollmentToken(
            authorityFingerprint: [UInt8](repeating: 0xA7, count: EnrollmentToken.fingerprintByteCount),
            secret: [UInt8](repeating: 0x35, count: EnrollmentToken.secretByteCount))
        return ["\(token?.text ?? "")", " \(token?.text ?? "")\r\n", "edr1."].map { Array($0.utf8) }
    }
}
