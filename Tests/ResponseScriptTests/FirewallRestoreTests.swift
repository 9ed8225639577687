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
        for element in ["10.77.1.2", "2001:db8::5", "198.51.100.0/24", "2001:db8:7:8::/64"] {
            #expect(rules.contains(element))
        }
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

    @Test func `ten thousand bans come back in one go`() throws {
        let network = try TestNetwork()
        let lines = (0..<10_000).map { line("a\($0)", "198.18.\($0 / 256).\($0 % 256)") }
        #expect(try restore(lines, on: network).output.split(separator: "\n").count == 10_000)
        try network.host.shell("nft delete element inet edr banned4 { 198.18.3.7 }")
        #expect(try restore(lines, on: network).output == "restored a775\n")
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
        #expect(try network.rules().contains("{ \(banned) :"))
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
