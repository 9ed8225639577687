/// What a connection is for.
///
/// The client asks for it by ALPN (RFC 7301) in its first message, so the manager knows before the handshake is done
/// whether to demand a certificate.
package enum ApplicationProtocol: String, CaseIterable, Sendable {
    /// Orders and results between manager and agent. Both sides show a certificate.
    case agent = "edr-agent/1"
    /// Getting a certificate with an enrollment token. Only the manager shows a certificate.
    case enrollment = "edr-enroll/1"
    /// The control API. Only the manager shows a certificate; the client shows a token to what is above TLS.
    case http = "http/1.1"

    /// The name with its length before it, as ALPN carries it.
    var encoded: [UInt8] { [UInt8(rawValue.utf8.count)] + rawValue.utf8 }

    /// What the port for agents serves: a client that offers both is held to the first, which is the stricter one.
    static let ofAgents: [ApplicationProtocol] = [.agent, .enrollment]

    /// Finds the first of the protocols that a client offers.
    ///
    /// - Parameter offer: the client's list in its encoded form, which is hostile input.
    /// - Returns: the protocol and where its name stands in `offer`; nil when there is none or the list is damaged.
    static func select(
        from offer: UnsafeBufferPointer<UInt8>, among served: [ApplicationProtocol]
    ) -> (protocol: Self, name: Range<Int>)? {
        for wanted in served {
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
