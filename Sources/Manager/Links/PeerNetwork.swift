import Glibc
import NIOCore

/// The network that a peer counts as when limits are set for each: an IPv4 address, or the first 64 bits of an IPv6
/// address, of which a single host may use all that follow.
struct PeerNetwork: Hashable, Sendable {
    private let bytes: [UInt8]

    /// - Parameter address: of the peer; those without an IP address count as one.
    init(_ address: SocketAddress?) {
        let text = address?.ipAddress ?? ""
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            // An IPv4 peer of a listener on "::" is what its last bytes say.
            let isMapped = bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
            self.bytes = Array(isMapped ? bytes.suffix(4) : bytes.prefix(8))
        } else {
            self.bytes = []
        }
    }
}
