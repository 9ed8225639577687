import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `route-null` {
    let script = ResponseScript(name: "route-null")

    @Test(arguments: TestNetwork.Family.allCases)
    func `nothing goes to the address until it is released`(family: TestNetwork.Family) throws {
        let network = try TestNetwork()
        try network.awaitCables(family)
        let open = try TCPConnection.open(
            from: network.outside, source: family.attacker, to: family.host, of: network.host)
        let before = try network.host.shell("ip route; ip -6 route")
        for _ in 0..<2 {
            let added = try network.run(script, script.arguments("add", ip: family.attacker))
            #expect(added.status == 0, "\(added)")
        }
        #expect(try TCPConnection.isCut(from: network.host, to: family.attacker, of: network.outside))
        // What is forwarded too, and the answers of what is open.
        #expect(try TCPConnection.isCut(from: network.inside, to: family.attacker, of: network.outside))
        #expect(!open.isAnswered())
        try TCPConnection.open(from: network.host, to: family.neighbour, of: network.outside)
        for _ in 0..<2 {
            let deleted = try network.run(script, script.arguments("delete", ip: family.attacker))
            #expect(deleted.status == 0, "\(deleted)")
        }
        try TCPConnection.open(from: network.host, to: family.attacker, of: network.outside)
        #expect(try network.host.shell("ip route; ip -6 route") == before)
    }

    @Test(arguments: TestNetwork.Family.allCases)
    func `a route of somebody else to the same address stays`(family: TestNetwork.Family) throws {
        let network = try TestNetwork()
        let address = family == .v4 ? "192.0.2.7" : "2001:db8::7"
        try network.host.configure("route add \(address) via \(family.neighbour)")
        let before = try network.host.shell("ip route; ip -6 route")
        #expect(try network.run(script, script.arguments("delete", ip: address)).status == 0)
        #expect(try network.host.shell("ip route; ip -6 route") == before)
        #expect(try network.run(script, script.arguments("add", ip: address)).status == 0)
        #expect(try network.host.run("/usr/sbin/ip", ["route", "get", address]).status != 0)
        #expect(try network.run(script, script.arguments("delete", ip: address)).status == 0)
        #expect(try network.host.shell("ip route; ip -6 route") == before)
    }

    @Test(arguments: TestNetwork.Family.allCases)
    func `an address that the route does not keep from being reached makes it fail`(family: TestNetwork.Family) throws {
        let network = try TestNetwork()
        let version = family == .v4 ? "-4" : "-6"
        try network.host.shell(
            """
            ip \(version) rule add to \(family.attacker) table 100
            ip \(version) route add \(family.attacker) dev h0 table 100
            """)
        let before = try network.host.shell("ip route; ip -6 route")
        let result = try network.run(script, script.arguments("add", ip: family.attacker))
        #expect(result.status == 1)
        #expect(result.errors.contains("still reached"), "\(result)")
        #expect(try network.host.shell("ip route; ip -6 route") == before)
    }

    @Test(arguments: ["-", "127.0.0.1", "::1", "0.0.0.0", "ff02::1", "10.0.0.0/8", "default", "192.0.2.1 via 1.1.1.1"])
    func `what is not the address of another host is refused`(address: String) throws {
        let host = try NetworkNamespace()
        let result = try host.run(
            script.path, script.arguments("add", ip: address), environment: ResponseScript.environment())
        #expect(result.status == 1)
        #expect(try host.shell("ip route; ip -6 route show type blackhole") == "")
    }

    @Test func `the manager is refused`() throws {
        let network = try TestNetwork()
        let result = try network.run(
            script, script.arguments("add", ip: "::ffff:10.77.1.2"), ["EDR_MANAGER_ADDRESSES": "manager, 10.77.1.2"])
        #expect(result.status == 1)
        #expect(result.errors.contains("manager"))
    }

    @Test func `routes that were taken away come back`() throws {
        let network = try TestNetwork()
        let lines = ["192.0.2.7", "2001:DB8::7", "10.77.1.1", "192.0.2.8"].enumerated()
            .map { "a\($0)\t60\t-\t\($1)\t-" }.joined(separator: "\n")
        #expect(try network.run(script, script.arguments("add", ip: "192.0.2.8")).status == 0)
        func restore() throws -> CommandResult {
            try network.host.run(script.path, ["restore"], input: lines, environment: network.environment())
        }
        let result = try restore()
        #expect(result.status == 0 && result.output == "restored a0\nrestored a1\n", "\(result)")
        #expect(result.errors.contains("a2: 10.77.1.1 is this host's own address"))
        #expect(try restore().output == "")
        for address in ["192.0.2.7", "2001:db8::7", "192.0.2.8"] {
            let deleted = try network.run(script, script.arguments("delete", ip: address))
            #expect(deleted.output.contains("reached again"), "\(deleted)")
        }
    }
}
