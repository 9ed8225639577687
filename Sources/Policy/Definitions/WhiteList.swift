package import Alerts

/// The sources that no response may be directed against.
///
/// Addresses and networks are compared as addresses, in whatever form the alert writes them; names are compared with
/// the alert's text.
package struct WhiteList: Sendable, Equatable {
    /// Why a text is no entry, with what would be one.
    package struct InvalidEntry: Error, Equatable {
        package let reason: String
    }

    /// Single addresses, which are most entries, are found without looking at each.
    private var hosts: [IPAddress: IPNetwork] = [:]
    private var networks: [IPNetwork] = []
    private var names: [NamePattern] = []

    /// A white list without entries.
    package init() {}

    package var isEmpty: Bool { hosts.isEmpty && networks.isEmpty && names.isEmpty }

    /// Adds an address, `ADDRESS/BITS`, `ADDRESS/NETMASK` (IPv4 and IPv6) or a name pattern.
    ///
    /// What looks like an address but is none is an error: as a pattern, which it would be to the peers, it matches
    /// nothing or too much (`10.0.0` hits 110.0.0.55).
    package mutating func insert(_ text: String) throws(InvalidEntry) {
        if let network = IPNetwork(text) {
            let isHost = network.prefixLength == (network.address.isIPv6 ? 128 : 32)
            if isHost { hosts[network.address] = network } else { networks.append(network) }
            return
        }
        if text.hasPrefix("!") {
            // Wazuh accepts it and then ignores the "!", which white-lists what was to be excluded.
            throw InvalidEntry(reason: "exclusions with '!' are not supported")
        }
        let isPattern = text.utf8.contains { [UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "|")].contains($0) }
        if !isPattern, Self.looksLikeAddress(text) {
            throw InvalidEntry(
                reason: "expected an address such as 10.0.0.1 or 2001:db8::1, or a network such as 10.0.0.0/8")
        }
        guard let name = NamePattern(text) else {
            throw InvalidEntry(
                reason: "expected an address, a network, or a name such as ^host.example.com$; in a name there are "
                    + "letters, digits and . - _ : %, each for itself, ^ and $ for its beginning and end, and | between "
                    + "several; no other signs of patterns")
        }
        names.append(name)
    }

    /// The entry that covers the address, if any.
    package func contains(_ address: IPAddress) -> IPNetwork? {
        hosts[address] ?? networks.first { $0.contains(address) }
    }

    /// The name pattern that matches a source as it is written, if any.
    package func name(matching text: String) -> NamePattern? {
        names.first { $0.matches(text) }
    }

    /// Why nothing may be done against a source, naming the entry; nil when no entry covers it.
    ///
    /// - Parameter text: the source as it is written; one that is no address can still be one of the names.
    package func objection(to text: String) -> String? {
        let address = IPAddress(text)
        if let address, let network = contains(address) { return "\(address) is white-listed by \(network)" }
        let name = name(matching: text) ?? address.flatMap { self.name(matching: $0.description) }
        return name.map { "\"\(excerpt(text))\" is white-listed by the name \($0)" }
    }

    /// The first source of an alert that an entry covers; nil when nothing stands against acting on the alert.
    ///
    /// - Returns: the source, an address in canonical form, and why, as in a decision that skips.
    package func objection(to alert: Alert) -> (source: String, reason: String)? {
        for text in alert.sourceAddressTexts {
            guard let reason = objection(to: text) else { continue }
            return (IPAddress(text)?.description ?? excerpt(text), reason)
        }
        return nil
    }

    private static func looksLikeAddress(_ text: String) -> Bool {
        let bytes = text.utf8
        return bytes.contains(UInt8(ascii: "/")) || bytes.contains(UInt8(ascii: ":"))
            || bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }
    }
}
