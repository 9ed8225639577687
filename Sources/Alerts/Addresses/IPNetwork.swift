/// A range of addresses: one address, `address/bits`, or an IPv4 address with a netmask.
package struct IPNetwork: Hashable, Sendable {
    /// The first address of the range.
    package let address: IPAddress
    /// How many leading bits an address must share: 0…32 or 0…128.
    package let prefixLength: Int

    /// Reads `A`, `A/BITS` or, for IPv4, `A/NETMASK`.
    ///
    /// Bits of the address beyond the prefix are ignored, as Wazuh does: `10.1.2.3/8` is `10.0.0.0/8`. A netmask with
    /// holes is refused, and so are leading zeros in the prefix length. An IPv4-mapped IPv6 network is the IPv4
    /// network; one that reaches beyond the mapped addresses (a prefix shorter than 96) is refused, because it would
    /// not contain the IPv4 addresses that it seems to name.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let addressText = parts.first, let address = IPAddress(addressText) else { return nil }
        let isMapped = !address.isIPv6 && addressText.utf8.contains(UInt8(ascii: ":"))
        guard parts.count == 2 else {
            self.init(address, prefixLength: address.isIPv6 ? 128 : 32)
            return
        }
        if let bits = Self.prefixLength(parts[1]) {
            let prefixLength = isMapped ? bits - 96 : bits
            guard (0...(address.isIPv6 ? 128 : 32)).contains(prefixLength) else { return nil }
            self.init(address, prefixLength: prefixLength)
        } else if !address.isIPv6, !isMapped, let mask = IPAddressText.ipv4(Array(parts[1].utf8)[...]),
            (~mask).leadingZeroBitCount == mask.nonzeroBitCount
        {
            self.init(address, prefixLength: mask.nonzeroBitCount)
        } else {
            return nil
        }
    }

    /// The network of `prefixLength` leading bits that `address` lies in; the length must fit the address family.
    private init(_ address: IPAddress, prefixLength: Int) {
        let width = address.isIPv6 ? 128 : 32
        // A shift by the whole width of 128 gives zero for Swift's smart shift, which is what a prefix of 0 needs.
        let value = (address.value >> UInt128(width - prefixLength)) << UInt128(width - prefixLength)
        self.address =
            address.isIPv6 ? IPAddress(ipv6: value) : IPAddress(ipv4: UInt32(truncatingIfNeeded: value))
        self.prefixLength = prefixLength
    }

    /// Whether the range is one address.
    package var isOne: Bool { prefixLength == (address.isIPv6 ? 128 : 32) }

    /// Whether the address lies in the range.
    ///
    /// An address of the other family never does.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.isIPv6 == address.isIPv6 else { return false }
        let width = address.isIPv6 ? 128 : 32
        return (other.value ^ address.value) >> UInt128(width - prefixLength) == 0
    }

    /// Whether any address lies in both ranges.
    package func overlaps(_ other: IPNetwork) -> Bool {
        contains(other.address) || other.contains(address)
    }

    private static func prefixLength(_ text: some StringProtocol) -> Int? {
        let digits = text.utf8
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}

extension IPNetwork: CustomStringConvertible {
    /// `ADDRESS/BITS`, or the address alone when it is only one.
    package var description: String {
        isOne ? address.description : "\(address)/\(prefixLength)"
    }
}
