import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `Addresses that this host lives by` {
    static let scripts = ["firewall-drop", "nftables-drop", "host-deny", "route-null", "ip-customblock"]
    let script = ResponseScript(name: "firewall-drop")

    /// A host with the neighbours of the test network as its default gateways.
    private func network() throws -> TestNetwork {
        let network = try TestNetwork()
        try network.host.configure("route add default via 10.77.1.2\nroute add default via fd77:1::2")
        return network
    }

    @Test(arguments: [
        ("10.77.1.1", "own address"), ("10.77.2.1", "own address"), ("fd77:1::1", "own address"),
        ("FD77:2:0::1", "own address"), ("::ffff:10.77.1.1", "own address"), ("10.77.1.2", "default gateway"),
        ("fd77:1::2", "default gateway"),
    ])
    func `none of the scripts blocks one`(address: String, what: String) throws {
        let network = try network()
        for name in Self.scripts {
            let script = ResponseScript(name: name)
            let before = try network.host.shell("nft list ruleset; ip route; ip -6 route")
            let added = try network.run(script, script.arguments("add", ip: address))
            #expect(added.status == 1, "\(added)")
            #expect(added.errors.contains(what), "\(added)")
            #expect(try network.host.shell("nft list ruleset; ip route; ip -6 route") == before)
        }
    }

    @Test(arguments: ["10.77.1.0/24", "10.0.0.0/8", "10.77.1.2/31", "fd77:1::/64", "fd77:1::2/127"])
    func `no network with one in it is blocked`(target: String) throws {
        let network = try network()
        let added = try network.run(script, script.arguments("add", ip: target))
        #expect(added.status == 1, "\(added)")
        #expect(added.errors.contains(" is in "), "\(added)")
        #expect(try network.rules() == "")
    }

    @Test func `neighbours are blocked, and what has become ours since is released`() throws {
        let network = try network()
        for target in ["10.77.1.3", "10.77.1.128/25", "fd77:1::3", "fd77:1::100/120"] {
            #expect(try network.run(script, script.arguments("add", ip: target)).status == 0)
        }
        try network.host.configure("addr add 10.77.1.3/24 dev h0\naddr add fd77:1::3/64 dev h0 nodad")
        for target in ["10.77.1.3", "10.77.1.128/25", "fd77:1::3", "fd77:1::100/120"] {
            let deleted = try network.run(script, script.arguments("delete", ip: target))
            #expect(deleted.output.contains("not blocked any more"), "\(deleted)")
        }
        #expect(try network.rules() == "")
    }

    @Test func `systems without proc are asked by ifconfig and netstat`() throws {
        let programs = try FakePrograms([
            "ifconfig": """
            echo 'em0: flags=8863<UP,BROADCAST> mtu 1500'
            echo '	inet 192.0.2.9 netmask 0xffffff00 broadcast 192.0.2.255'
            echo '	inet6 fe80::9%em0 prefixlen 64 scopeid 0x1'
            """,
            "netstat": "echo 'default 192.0.2.1 UGS em0'; echo '198.51.100.0/24 192.0.2.77 UGS em0'",
        ])
        func add(_ address: String) throws -> CommandResult {
            let bin = ResponseScript.folder
            return try ShellCommand.run(
                "/usr/bin/unshare",
                ["--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "-", bin + "/ip-customblock"]
                    + script.arguments("add", ip: address, extra: ["/proc/edr"]),
                environment: programs.environment())
        }
        #expect(try add("192.0.2.9").errors.contains("own address"))
        #expect(try add("192.0.2.1").errors.contains("default gateway"))
        #expect(try add("fe80::9").errors.contains("own address"))
        let other = try add("192.0.2.77")
        #expect(other.status == 0, "\(other)")
    }
}
