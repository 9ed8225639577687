import Alerts

/// The default gateways, from the kernel's main routing tables.
///
/// Those of policy routing tables, and all but the first of a multipath route, are not in these files.
enum DefaultGateways {
    /// - Parameter root: what stands before `/proc`; only tests give one.
    static func read(root: String = "") -> [IPAddress] {
        ipv4(ProcFile.read(root + "/proc/net/route") ?? "")
            + ipv6(ProcFile.read(root + "/proc/net/ipv6_route") ?? "")
    }

    /// Lines of interface, destination, gateway, flags, …, the eighth of which is the mask.
    private static func ipv4(_ table: String) -> [IPAddress] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard fields.count >= 8, fields[1] == "00000000", fields[7] == "00000000", isGateway(fields[3]) else {
                return nil
            }
            return ProcAddress.address(fields[2].utf8)
        }
    }

    /// Lines of destination, length, source, length, next hop, metric, references, uses, flags and interface.
    private static func ipv6(_ table: String) -> [IPAddress] {
        table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count >= 10, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }), isGateway(fields[8])
            else {
                return nil
            }
            // Unlike in the other tables the bytes stand in network order.
            let bytes = stride(from: 0, to: 32, by: 2).compactMap {
                UInt8(fields[4].dropFirst($0).prefix(2), radix: 16)
            }
            return IPAddress(bytes: bytes)
        }
    }

    private static func isGateway(_ flags: Substring) -> Bool {
        guard let flags = UInt32(flags, radix: 16) else { return false }
        // RTF_UP and RTF_GATEWAY of linux/route.h.
        return flags & 0x3 == 0x3
    }
}
