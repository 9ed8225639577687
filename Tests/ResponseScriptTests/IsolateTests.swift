import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `isolate` {
    let script = ResponseScript(name: "isolate")

    @Test(arguments: Backend.allCases, TestNetwork.Family.allCases)
    func `only the manager and loopback are left until the release`(
        backend: Backend, family: TestNetwork.Family
    ) throws {
        let network = try TestNetwork(backend)
        try network.awaitCables(family)
        let (outside, host) = (network.outside, network.host)
        let (manager, other) = (family.attacker, family.neighbour)
        let toManager = try TCPConnection.open(from: outside, source: manager, to: family.host, of: host)
        let toOther = try TCPConnection.open(from: outside, source: other, to: family.host, of: host)
        let forwarded = try TCPConnection.open(
            from: outside, source: manager, to: family.inside, of: network.inside)
        try network.addForeignRules()

        let added = try network.run(script, script.arguments("add"), ["EDR_MANAGER_ADDRESSES": manager])
        #expect(added.status == 0, "\(added)")
        #expect(added.output.contains(backend == .nftables ? "(nftables)" : "(iptables; nft"), "\(added)")
        // A neighbour that is not known any more has to be found again.
        try host.shell("ip neigh flush all")
        #expect(toManager.carries())
        #expect(toOther.isCut())
        #expect(forwarded.isCut())
        try TCPConnection.open(from: outside, source: manager, to: family.host, of: host)
        try TCPConnection.open(from: host, to: manager, of: outside)
        try TCPConnection.open(from: host, to: family == .v4 ? "127.0.0.1" : "::1", of: host)
        try TCPConnection.open(from: host, to: family.host, of: host)
        #expect(try TCPConnection.isCut(from: outside, source: other, to: family.host, of: host))
        #expect(try TCPConnection.isCut(from: host, to: other, of: outside))
        #expect(try TCPConnection.isCut(from: outside, source: manager, to: family.inside, of: network.inside))
        let otherFamily: TestNetwork.Family = family == .v4 ? .v6 : .v4
        #expect(try TCPConnection.isCut(from: host, to: otherFamily.attacker, of: outside))

        let deleted = try network.run(script, script.arguments("delete"))
        #expect(deleted.status == 0, "\(deleted)")
        try TCPConnection.open(from: outside, source: other, to: family.host, of: host)
        try TCPConnection.open(from: host, to: other, of: outside)
        try TCPConnection.open(from: outside, source: other, to: family.inside, of: network.inside)
    }

    @Test(arguments: Backend.allCases)
    func `a second add replaces the addresses`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        let manager = ["EDR_MANAGER_ADDRESSES": "10.77.1.2"]
        #expect(try network.run(script, script.arguments("add", extra: ["192.0.2.0/24"]), manager).status == 0)
        #expect(try network.rules().contains("192.0.2.0/24"))
        let again = try network.run(
            script, script.arguments("add", extra: ["198.51.100.7,2001:db8::/32", "10.77.1.2"]), manager)
        #expect(again.status == 0, "\(again)")
        let rules = try network.rules()
        #expect(rules.contains("198.51.100.7") && rules.contains("2001:db8::/32") && rules.contains("10.77.1.2"))
        #expect(!rules.contains("192.0.2.0/24"))
    }

    @Test(arguments: Backend.allCases)
    func `the rules of others stay byte for byte and nothing of ours is left`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        try network.addForeignRules()
        let before = try network.rules()
        let foreign = try network.foreignRules()
        let manager = ["EDR_MANAGER_ADDRESSES": "10.77.1.2 fd77:1::2"]
        for action in ["add", "add", "delete", "delete"] {
            let result = try network.run(script, script.arguments(action), manager)
            #expect(result.status == 0, "\(result)")
            #expect(try network.foreignRules() == foreign)
            #expect(try (network.rules() == before) == (action == "delete"))
        }
    }

    @Test(arguments: [
        ("", []), (" , ", []), ("", ["-"]), ("10.0.0.1", ["10.0.0.0/33"]), ("10.0.0.1", ["0.0.0.0/0"]),
        ("10.0.0.1", ["host.example"]), ("10.0.0.1", ["::/0"]), ("10.0.0.1; reboot", []), ("10.0.0.1", ["}"]),
        ("no-such-host.invalid", []),
    ])
    func `it refuses to saw off its own branch and to guess`(manager: String, extra: [String]) throws {
        let host = try NetworkNamespace()
        let result = try host.run(
            script.path, script.arguments("add", extra: extra),
            environment: ResponseScript.environment(["EDR_MANAGER_ADDRESSES": manager]))
        #expect(result.status == 1, "\(result)")
        #expect(!result.errors.isEmpty)
        #expect(try host.shell("nft list ruleset").isEmpty)
    }

    @Test func `a manager that is given by name stays reachable at all its addresses`() throws {
        let host = try NetworkNamespace()
        // The name server of the test: a folder of its own in place of /etc, with a hosts file.
        let folder = try TemporaryFolder()
        try folder.write("10.77.1.2 soc.example\nfd77:1::2 soc.example\n", to: "hosts")
        try folder.write("hosts: files\n", to: "nsswitch.conf")
        let result = try host.run(
            "/usr/bin/unshare",
            ["--mount", "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", folder.path, script.path]
                + script.arguments("add"),
            environment: ResponseScript.environment(["EDR_MANAGER_ADDRESSES": "soc.example"]))
        #expect(result.status == 0, "\(result)")
        let rules = try host.shell("nft list ruleset")
        #expect(rules.contains("10.77.1.2") && rules.contains("fd77:1::2"))
    }

    @Test(arguments: Backend.allCases)
    func `an isolation that was taken away comes back as it was`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        let manager = ["EDR_MANAGER_ADDRESSES": "10.77.1.2"]
        func restore() throws -> CommandResult {
            try network.host.run(
                script.path, ["restore"], input: "a1\t60\t-\t-\t-\t192.0.2.0/24\tfd77:1::2",
                environment: network.environment(manager))
        }
        let extra = ["192.0.2.0/24", "fd77:1::2"]
        #expect(try network.run(script, script.arguments("add", extra: extra), manager).status == 0)
        let before = try network.rules()
        #expect(try restore().output == "")
        try network.host.shell("nft flush ruleset")
        let result = try restore()
        #expect(result.status == 0 && result.output == "restored a1\n", "\(result)")
        #expect(try network.rules() == before)
        #expect(try restore().output == "")
    }
}
