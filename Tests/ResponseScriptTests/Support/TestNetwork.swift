import Foundation
import TestSupport
import Testing

/// Three namespaces in a row: an outside with two addresses, the host that runs the scripts and forwards, and an
/// inside that is reached through the host.
final class TestNetwork: Sendable {
    enum Family: CaseIterable, CustomTestStringConvertible {
        case v4, v6

        var testDescription: String { self == .v4 ? "IPv4" : "IPv6" }
        /// The address that is going to be banned.
        var attacker: String { self == .v4 ? "10.77.1.2" : "fd77:1::2" }
        /// Another address of the outside, which contains the first one as text.
        var neighbour: String { self == .v4 ? "10.77.1.22" : "fd77:1::22" }
        var host: String { self == .v4 ? "10.77.1.1" : "fd77:1::1" }
        var inside: String { self == .v4 ? "10.77.2.2" : "fd77:2::2" }
    }

    let outside: NetworkNamespace
    let host: NetworkNamespace
    let inside: NetworkNamespace
    private let programs: ProgramFolder?

    init(_ backend: Backend = .nftables) throws {
        programs = backend == .iptables ? try .withoutNft() : nil
        outside = try NetworkNamespace()
        host = try NetworkNamespace()
        inside = try NetworkNamespace()
        try host.shell(
            "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        try outside.connect("o0", to: host, "h0")
        try host.connect("h1", to: inside, "i0")
        try outside.configure(
            """
            addr add 10.77.1.2/24 dev o0
            addr add 10.77.1.22/24 dev o0
            addr add fd77:1::2/64 dev o0 nodad
            addr add fd77:1::22/64 dev o0 nodad
            link set o0 up
            route add 10.77.2.0/24 via 10.77.1.1
            route add fd77:2::/64 via fd77:1::1
            """)
        try host.configure(
            """
            addr add 10.77.1.1/24 dev h0
            addr add 10.77.2.1/24 dev h1
            addr add fd77:1::1/64 dev h0 nodad
            addr add fd77:2::1/64 dev h1 nodad
            link set h0 up
            link set h1 up
            """)
        try inside.configure(
            """
            addr add 10.77.2.2/24 dev i0
            addr add fd77:2::2/64 dev i0 nodad
            link set i0 up
            route add default via 10.77.2.1
            route add default via fd77:2::1
            """)
    }

    /// Waits until packets of a family make the whole way.
    func awaitCables(_ family: Family) throws {
        for _ in 0..<50 {
            if try !TCPConnection.isCut(from: outside, to: family.inside, of: inside) { return }
        }
        throw NotSeen("the test network does not carry \(family.testDescription)")
    }

    /// Runs a script on the host.
    func run(_ script: ResponseScript, _ arguments: [String], _ environment: [String: String] = [:]) throws
        -> CommandResult
    {
        try host.run(script.path, arguments, environment: self.environment(environment))
    }

    /// The environment of a script on the host.
    func environment(_ changes: [String: String] = [:]) -> [String: String] {
        var environment = ResponseScript.environment(changes)
        if let programs { environment["PATH"] = programs.path }
        return environment
    }

    /// Every rule of the host, without counts of packets.
    func rules() throws -> String {
        try host.shell("nft list ruleset; iptables-save; ip6tables-save").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            .replacing(/\[\d+:\d+\]/, with: "[]").replacing(/packets \d+ bytes \d+/, with: "counted")
    }

    /// The rules that are not ours.
    func foreignRules() throws -> String {
        // Chains of iptables are tables of nftables too; what matters of them is what iptables shows.
        try rules()
            .replacing(/(?m)^table (?:inet edr(?:_isolation)?|ip6? filter) \{\n(?:.*\n)*?\}\n/, with: "")
            .split(separator: "\n").filter { $0.firstMatch(of: /\bEDR(?:_ISOLATION_\w+)?\b/) == nil }
            .joined(separator: "\n")
    }

    /// Gives the host rules of others, which accept what is open already and more.
    func addForeignRules() throws {
        try host.shell(
            """
            iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
            iptables -A INPUT -s 10.77.1.0/24 -m comment --comment "the office" -j ACCEPT
            iptables -A OUTPUT -d 10.77.1.2 -j ACCEPT
            ip6tables -A FORWARD -d fd77:1::2 -j ACCEPT
            iptables -N OFFICE
            iptables -A FORWARD -j OFFICE
            iptables -A OFFICE -s 10.77.1.2 -j ACCEPT
            ip6tables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
            ip6tables -A OUTPUT -d fd77:1::2 -j ACCEPT
            nft -f - <<'END'
            table inet site {
                set office { type ipv4_addr; flags interval; elements = { 10.77.0.0/16, 192.0.2.1 } }
                chain early { type filter hook prerouting priority -500; policy accept; ip saddr @office counter accept; }
                chain input { type filter hook input priority -10; policy accept; ct state established,related accept; }
            }
            END
            """)
    }
}
