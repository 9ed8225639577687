import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `firewall-drop brings back` {
    let script = ResponseScript(name: "firewall-drop")

    /// A line for a response in force.
    private func line(_ id: String, _ ip: String, left: Int = 600, extra: [String] = []) -> String {
        ([id, "\(left)", "root", ip, "-"] + extra).joined(separator: "\t")
    }

    private func restore(_ lines: [String], on network: TestNetwork, _ environment: [String: String] = [:]) throws
        -> CommandResult
    {
        try network.host.run(
            script.path, ["restore"], input: lines.joined(separator: "\n"),
            environment: network.environment(environment))
    }

    /// The seconds that the kernel gave an address.
    private func timeout(of address: String, on network: TestNetwork) throws -> String? {
        let rules = try network.host.shell("nft list table inet edr")
        let pattern = try Regex("[ {]\(NSRegularExpression.escapedPattern(for: address)) timeout (\\w+)")
        return rules.firstMatch(of: pattern)?.output[1].substring.map(String.init)
    }

    @Test(arguments: Backend.allCases)
    func `what was flushed comes back, once, and each is named`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        try network.awaitCables(.v4)
        let lines = [
            line("a1", "10.77.1.2"), line("a2", "2001:DB8:0::5"), line("a3", "-", extra: ["198.51.100.0/24"]),
            line("a4", "2001:db8:7:8::9", extra: ["ipv6-prefix=64"]), line("a5", "10.77.1.2"),
        ]
        let all = lines.indices.map { "restored a\($0 + 1)\n" }.joined()
        try network.addForeignRules()
        let foreign = try network.foreignRules()
        let first = try restore(lines, on: network)
        #expect(first.status == 0 && first.output == all && first.errors == "", "\(first)")
        let rules = try network.rules()
        let subnet = backend == .nftables ? "2001:db8:7:8:: timeout" : "2001:db8:7:8::/64"
        for element in ["10.77.1.2", "2001:db8::5", "198.51.100.0/24", subnet] { #expect(rules.contains(element)) }
        #expect(
            try TCPConnection.isCut(from: network.outside, source: "10.77.1.2", to: "10.77.1.1", of: network.host))
        #expect(try network.foreignRules() == foreign)
        let again = try restore(lines, on: network)
        #expect(again.status == 0 && again.output == "" && again.errors == "", "\(again)")
        // One of them alone.
        let deleted = try network.run(script, script.arguments("delete", ip: "10.77.1.2"))
        #expect(deleted.status == 0)
        #expect(try restore(lines, on: network).output == "restored a1\nrestored a5\n")
        for arguments in [
            script.arguments("delete", ip: "10.77.1.2"), script.arguments("delete", ip: "2001:db8::5"),
            script.arguments("delete", extra: ["198.51.100.0/24"]),
            script.arguments("delete", ip: "2001:db8:7:8::9", extra: ["ipv6-prefix=64"]),
        ] {
            #expect(try network.run(script, arguments).output.contains("not blocked any more"))
        }
        #expect(try network.foreignRules() == foreign)
        #expect(try !network.rules().contains("EDR") && !network.rules().contains("inet edr"))
    }

    @Test func `bans of a table without its rules are put into force again`() throws {
        let network = try TestNetwork()
        _ = try network.run(script, script.arguments("add", ip: "192.0.2.1"))
        let before = try network.rules()
        try network.host.shell("nft flush chain inet edr prerouting")
        #expect(try restore([line("a1", "192.0.2.1")], on: network).output == "restored a1\n")
        #expect(try network.rules().replacing(#/ timeout \w+ expires \w+/#, with: "") == before)
    }

    @Test func `a kernel timeout that ends too early is renewed, silently`() throws {
        let network = try TestNetwork()
        _ = try network.run(script, script.arguments("add", ip: "192.0.2.1"), ["EDR_TIMEOUT": "600"])
        _ = try network.run(
            script, script.arguments("add", extra: ["198.51.100.0/24"]), ["EDR_TIMEOUT": "600"])
        #expect(try timeout(of: "192.0.2.1", on: network) == "12m")
        func restored(_ left: Int) throws -> CommandResult {
            try restore(
                [line("a1", "192.0.2.1", left: left), line("a2", "-", left: left, extra: ["198.51.100.0/24"])],
                on: network)
        }
        for left in [600, 1, 650] {
            #expect(try restored(left).output == "")
            #expect(try timeout(of: "192.0.2.1", on: network) == "12m")
        }
        let prolonged = try restored(3600)
        #expect(prolonged.status == 0 && prolonged.output == "" && prolonged.errors == "", "\(prolonged)")
        #expect(try timeout(of: "192.0.2.1", on: network) == "1h7m")
        #expect(try timeout(of: "198.51.100.0/24", on: network) == "1h7m")
    }

    @Test func `networks that overlap come back the way they went in`() throws {
        let network = try TestNetwork()
        let targets = ["172.0.0.0/8", "172.1.0.0/16", "172.1.2.3"]
        let lines = targets.map { line("a\(targets.firstIndex(of: $0) ?? 9)", "-", extra: [$0]) }
        for target in targets {
            #expect(try network.run(script, script.arguments("add", ip: target)).status == 0)
        }
        #expect(try restore(lines, on: network, ["EDR_MANAGER_ADDRESSES": ""]).output == "")
    }

    @Test func `what must not be banned, and what is no response, is left out with the reason`() throws {
        let network = try TestNetwork()
        try network.host.configure("route add default via 192.0.2.254 dev h0 onlink")
        let lines = [
            line("a1", "10.77.1.1"), line("a2", "fd77:1::1"), line("a3", "192.0.2.254"), line("a4", "203.0.113.1"),
            line("a5", "127.0.0.1"), line("a6", "1.2.3.4; flush ruleset"), line("a7", "-"), "nonsense", "",
            line("a8", "-", extra: ["0.0.0.0/0"]), line("a9", "192.0.2.9"), line("$(reboot)", "192.0.2.8"),
            ["b1", "600", "-", "-", "x\u{1F}10.9.9.9"].joined(separator: "\t"),
        ]
        let result = try restore(lines, on: network, ["EDR_MANAGER_ADDRESSES": "203.0.113.1"])
        #expect(result.status == 0 && result.output == "restored a9\n", "\(result)")
        #expect(result.errors.split(separator: "\n").count == 11, "\(result)")
        #expect(try network.rules().firstMatch(of: #/elements = \{ 192\.0\.2\.9 /#) != nil)
        #expect(try !network.rules().contains("10.9.9.9"))
    }

    @Test(arguments: TestNetwork.Family.allCases)
    func `ten thousand bans come back in one go`(family: TestNetwork.Family) throws {
        let network = try TestNetwork()
        let lines = (0..<10_000).map {
            family == .v4
                ? line("a\($0)", "198.18.\($0 / 256).\($0 % 256)")
                : line("a\($0)", "2001:DB8:0:\(String($0, radix: 16)):0:0:0:7", extra: ["ipv6-prefix=64"])
        }
        // Processor time, which other tests do not use up: half a second; what goes through the shell one by one takes five.
        let result = try network.host.run(
            "/bin/sh", ["-c", "\"$0\" restore; times", script.path], input: lines.joined(separator: "\n"),
            environment: network.environment())
        let output = result.output.split(separator: "\n")
        #expect(output.count { $0.hasPrefix("restored ") } == 10_000)
        let times = try #require(output.last).matches(of: #/(\d+)m([\d.]+)s/#)
        let seconds = times.reduce(0) { $0 + (Double($1.1) ?? 0) * 60 + (Double($1.2) ?? 0) }
        #expect(seconds > 0 && seconds < 4, "\(output.suffix(2))")
        let element = family == .v4 ? "banned4 { 198.18.3.7 }" : "subnets6 { 2001:db8:0:307:: }"
        try network.host.shell("nft delete element inet edr \(element)")
        #expect(try restore(lines, on: network).output == "restored a775\n")
    }

    /// What is written in an odd way is looked at by the shell, all else by awk: both have to come to what "add" does.
    @Test func `what was written in another way is known again, and what was refused stays so`() throws {
        let network = try TestNetwork()
        try network.host.configure("addr add 2001:db8:5:6::7/64 dev h0 nodad")
        let banned: [(ip: String, extra: [String])] = [
            ("2001:DB8:0:0::0:5", []), ("::FFFF:192.0.2.7", []), ("::ffff:c000:208", []),
            ("-", ["198.51.100.77/25"]), ("-", ["2001:db8:ffff::/33"]), ("2001:db8:a:b:c::/64", []),
            ("2001:db8:1:2:3::4", ["ipv6-prefix=61"]), ("192.0.2.9/32", []), ("0:0:1:0:0:0:7:8", []),
            ("203.0.113.5", ["ipv6-prefix=64"]),
        ]
        let refused: [(ip: String, extra: [String])] = [
            ("010.0.0.1", []), ("192.0.2.256", []), ("192.0.2.1", ["ipv6-prefix=31"]),
            ("2001:db8::1", ["ipv6-prefix=064"]),
            ("1:2:3:4:5:6:7:8:9", []), ("1:2:3", []), ("1::2::3", []), ("ff02::1:2", []), ("::1", []), ("::/64", []),
            ("10.0.0.0/7", []), ("2001:db8::/15", []), ("10.0.0.0/08", []), ("2001:db8:5:6::8", ["ipv6-prefix=64"]),
            ("2001:db8:5::/48", []), ("10.76.0.0/15", []), ("10.77.1.1", []), ("127.0.0.2", []), ("224.0.0.1", []),
        ]
        for target in banned {
            let added = try network.run(script, script.arguments("add", ip: target.ip, extra: target.extra))
            #expect(added.status == 0, "\(target): \(added)")
        }
        for target in refused {
            let added = try network.run(script, script.arguments("add", ip: target.ip, extra: target.extra))
            #expect(added.status == 1, "\(target): \(added)")
        }
        let lines = (banned + refused).enumerated().map { line("a\($0)", $1.ip, extra: $1.extra) }
        let again = try restore(lines, on: network)
        #expect(again.status == 0 && again.output == "", "\(again)")
        #expect(again.errors.split(separator: "\n").count == refused.count, "\(again)")
        let rules = try network.rules()
        try network.host.shell("nft flush ruleset")
        let restored = try restore(lines, on: network)
        let named = restored.output.split(separator: "\n").map(String.init)
        #expect(named.sorted() == banned.indices.map { "restored a\($0)" }.sorted(), "\(restored)")
        func elements(_ rules: String) -> [Substring] {
            rules.matches(of: #/(\S+)(?: timeout \w+ expires \w+)? : goto banned/#).map(\.1).sorted()
        }
        #expect(try elements(network.rules()) == elements(rules) && elements(rules).count == banned.count)
    }

    @Test(arguments: [
        ("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"), ("2001:db8:1:2:3::4", 61, "2001:db8:1::/61"),
        ("2001:db8:ffff::", 33, "2001:db8:8000::/33"), ("2001:db8::1", 127, "2001:db8::/127"),
        ("2001:db8::1", 128, "2001:db8::1"), ("192.0.2.1", 64, "192.0.2.1"), ("::ffff:192.0.2.1", 64, "192.0.2.1"),
    ])
    func `an IPv6 address is banned with its network when that is asked for`(
        address: String, prefix: Int, banned: String
    ) throws {
        let network = try TestNetwork()
        let extra = ["ipv6-prefix=\(prefix)"]
        let added = try network.run(script, script.arguments("add", ip: address, extra: extra))
        #expect(added.status == 0 && added.output.contains(" \(banned) is blocked"), "\(added)")
        // The map for networks of this length knows no other.
        let element = banned.hasSuffix("/64") ? String(banned.dropLast(3)) : banned
        #expect(try network.rules().contains("{ \(element) :"))
        #expect(try network.run(script, script.arguments("delete", ip: address, extra: extra)).status == 0)
        #expect(try network.rules() == "")
    }

    @Test(arguments: ["", "0", "31", "129", "064", "64 ", "a"])
    func `a length of ipv6-prefix that is none is refused`(prefix: String) throws {
        let host = try NetworkNamespace()
        let result = try host.run(
            script.path, script.arguments("add", ip: "192.0.2.1", extra: ["ipv6-prefix=\(prefix)"]),
            environment: ResponseScript.environment())
        #expect(result.status == 1)
        #expect(result.errors.contains("ipv6-prefix"), "\(result)")
    }
}
