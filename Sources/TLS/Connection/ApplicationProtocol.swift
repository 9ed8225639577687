/// What a connection is for.
///
/// The client asks for it by ALPN (RFC 7301) in its first message, so the manager knows before the handshake is done
/// whether to demand a certificate.
package enum ApplicationProtocol: String, CaseIterable, Sendable {
    /// Orders and results between manager and agent. Both sides show a certificate.
    case agent = "edr-agent/1"
    /// Getting a certificate with an enrollment token. Only the manager shows a certificate.
    case enrollment = "edr-enroll/1"

    /// The name with its length before it, as ALPN carries it.
    var encoded: [UInt8] { [UInt8(rawValue.utf8.count)] + rawValue.utf8 }

    /// Finds the first of our protocols, in the order of their declaration, that a client offers: one that
    /// offers both is held to the stricter one.
    ///
    /// - Parameter offer: the client's list in its encoded form, which is hostile input.
    /// - Returns: the protocol and where its name stands in `offer`; nil when there is none or the list is damaged.
    static func select(from offer: UnsafeBufferPointer<UInt8>) -> (protocol: Self, name: Range<Int>)? {
        for wanted in allCases {
            var position = 0
            while position < offer.count {
                let name = position + 1..<position + 1 + Int(offer[position])
                guard name.upperBound <= offer.count else { return nil }
                if offer[name].elementsEqual(wanted.rawValue.utf8) { return (wanted, name) }
                position = name.upperBound
            }
        }
        return nil
    }
}
