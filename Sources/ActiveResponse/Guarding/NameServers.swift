import Alerts

/// The DNS servers that this machine asks.
enum NameServers {
    /// The second one has the servers behind the local one that systemd-resolved writes into the first.
    private static let files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]

    /// - Parameter root: what stands before the files' paths; only tests give one.
    static func read(root: String = "") -> [IPAddress] {
        files.compactMap { ProcFile.read(root + $0) }.flatMap { text in
            text.split(separator: "\n").compactMap { line -> IPAddress? in
                let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
                guard words.count >= 2, words[0] == "nameserver" else { return nil }
                // Without the interface of a link-local address.
                return IPAddress(words[1].prefix { $0 != "%" })
            }
        }
    }
}
