import ManagerSettings
import TLS

/// The right to use the control API, as the ledger keeps it: only the hash of the token.
struct APIToken: Sendable, Equatable {
    /// Unique among the tokens.
    let name: String
    /// The SHA-256 of the token's text.
    let hash: [UInt8]
    let role: ControlRole
    /// Unix milliseconds.
    let created: Int64
    /// Unix milliseconds.
    let expires: Int64
    /// Unix milliseconds, at most a minute behind; nil when it never was used.
    var lastUsed: Int64?
    /// Where it was used from then.
    var lastAddress: String?

    /// Makes the text of a token: 192 random bits from the system.
    static func randomText() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        let text = (0..<48).map { _ in digits[Int.random(in: 0..<16, using: &generator)] }
        return "edr-api-" + String(decoding: text, as: UTF8.self)
    }

    static func hash(of text: String) throws(TLSError) -> [UInt8] {
        try SHA256Digest.of(Array(text.utf8))
    }
}

/// That a token was used.
struct APITokenUse: Sendable, Equatable {
    let hash: [UInt8]
    /// Unix milliseconds.
    let at: Int64
    let address: String
}
