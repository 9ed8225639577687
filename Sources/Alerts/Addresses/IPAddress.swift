/// An IPv4 or IPv6 address, compared as an address and never as text.
///
/// An IPv4-mapped IPv6 address (`::ffff:198.51.100.7`) is the IPv4 address: a dual-stack socket logs one host either
/// way, and a white list must not depend on which.
package struct IPAddress: Hashable, Sendable {
    package let isIPv6: Bool
    /// The address as a number; an IPv4 address in the lowest 32 bits.
    let value: UInt128

    /// Reads exactly one address, without blanks, port, brackets, prefix length or zone id.
    ///
    /// IPv4 is four decimal numbers without leading zeros: some programs read `010` as 8, others as 10, so such a text
    /// is no address here. IPv6 is any of the forms of RFC 4291, section 2.2. An address with a zone id
    /// (`fe80::1%eth0`) names an interface of one machine and is refused.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(IPAddressText.longest + 1))
        if let value = IPAddressText.ipv4(bytes[...]) {
            self.init(ipv4: value)
        } else if let value = IPAddressText.ipv6(bytes[...]) {
            self.init(ipv6: value)
        } else {
            return nil
        }
    }

    /// The address with these 4 or 16 bytes in network byte order; nil for any other number of bytes.
    package init?(bytes: some Collection<UInt8>) {
        let value = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: self.init(ipv4: UInt32(truncatingIfNeeded: value))
        case 16: self.init(ipv6: value)
        default: return nil
        }
    }

    /// The address with these 32 bits, the first number of the text in the highest byte.
    init(ipv4 value: UInt32) {
        isIPv6 = false
        self.value = UInt128(value)
    }

    /// The address with these 128 bits, the first group of the text in the highest bits.
    init(ipv6 value: UInt128) {
        isIPv6 = value >> 32 != Self.mappedPrefix
        self.value = isIPv6 ? value : value & 0xFFFF_FFFF
    }

    /// The upper 96 bits of an IPv4-mapped IPv6 address.
    static let mappedPrefix: UInt128 = 0xFFFF

    /// Whether this is `::1` or within `127.0.0.0/8`.
    package var isLoopback: Bool { isIPv6 ? value == 1 : value >> 24 == 127 }

    /// The address in network byte order: 4 or 16 bytes.
    package var bytes: [UInt8] {
        let count = isIPv6 ? 16 : 4
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (count - 1 - $0))) }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zero groups as `::`).
    package var description: String {
        isIPv6 ? IPAddressText.text(ipv6: value) : bytes.map { String($0) }.joined(separator: ".")
    }
}
