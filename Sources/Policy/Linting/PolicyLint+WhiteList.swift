import Alerts
import ConfigurationTree

extension PolicyLint {
    /// Addresses (of documentation, RFC 5737 and 3849) that have nothing in common but being addresses.
    private static let unlike = [["192.0.2.77", "198.51.100.3", "203.0.113.46"], ["2001:db8::1", "fe80::2", "::1"]]

    func checkWhiteList(_ nodes: [ConfigNode]) {
        var seen: Set<String> = []
        for node in nodes {
            for word in (node.value ?? "").listWords {
                if !seen.insert(word).inserted {
                    diagnostics.warning("\(quoted(word)) is white-listed twice; remove one", at: node.valueLocation)
                } else if Self.coversAll(word) {
                    diagnostics.warning(
                        "\(quoted(word)) white-lists every address, so that no alert with one fires anything; name "
                            + "the networks that are meant", at: node.valueLocation)
                }
            }
        }
    }

    private static func coversAll(_ word: String) -> Bool {
        if let network = IPNetwork(word) { return network.prefixLength == 0 }
        guard let pattern = NamePattern(word) else { return false }
        return unlike.contains { $0.allSatisfy(pattern.matches) }
    }
}
