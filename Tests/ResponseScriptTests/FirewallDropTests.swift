import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `firewall-drop` {
    let script = ResponseScript(name: "firewall-drop")

    @Test(arguments: Backend.allCases, TestNetwork.Family.allCases)
    func `an address is cut off until it is released`(backend: Backend, family: TestNetwork.Family) throws {
        let network = try TestNetwork(backend)
        try network.awaitCables(family)
        let outside = network.outside
        let targets = [(family.host, network.host), (family.inside, network.inside)]
        let open = try targets.map { target, namespace in
            try TCPConnection.open(from: outside, source: family.attacker, to: target, of: namespace)
        }
        for connection in open { #expect(connection.carries()) }
        try network.addForeignRules()

        let added = try network.run(script, script.arguments("add", ip: family.attacker))
        #expect(added.status == 0, "\(added)")
        #expect(added.output.contains(backend == .nftables ? "(nftables)" : "tables; nft"), "\(added)")
        for connection in open { #expect(connection.isCut()) }
        for (target, namespace) in targets {
            #expect(try TCPConnection.isCut(from: outside, source: family.attacker, to: target, of: namespace))
            #expect(try TCPConnection.isCut(from: namespace, to: family.attacker, of: outside))
            try TCPConnection.open(from: outside, source: family.neighbour, to: target, of: namespace)
            try TCPConnection.open(from: namespace, to: family.neighbour, of: outside)
        }

        let deleted = try network.run(script, script.arguments("delete", ip: family.attacker))
        #expect(deleted.status == 0, "\(deleted)")
        for (target, namespace) in targets {
            try TCPConnection.open(from: outside, source: family.attacker, to: target, of: namespace)
            try TCPConnection.open(from: namespace, to: family.attacker, of: outside)
        }
    }

    @Test(arguments: Backend.allCases)
    func `the rules of others stay byte for byte and nothing of ours is left`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        try network.addForeignRules()
        let before = try network.rules()
        let foreign = try network.foreignRules()
        #expect(foreign.contains("OFFICE") && foreign.contains("table inet site"))
        for address in ["10.77.1.2", "10.77.1.22", "fd77:1::2"] {
            let added = try network.run(script, script.arguments("add", ip: address))
            #expect(added.status == 0, "\(added)")
            #expect(try network.rules() != before)
            #expect(try network.foreignRules() == foreign)
        }
        for address in ["10.77.1.2", "10.77.1.22", "fd77:1::2"] {
            #expect(try network.rules() != before)
            let deleted = try network.run(script, script.arguments("delete", ip: address))
            #expect(deleted.status == 0, "\(deleted)")
            #expect(try network.foreignRules() == foreign)
        }
        #expect(try network.rules() == before)
    }

    @Test(arguments: Backend.allCases)
    func `twenty addresses at the same moment on a fresh host are all banned, then all released`(
        backend: Backend
    ) throws {
        let network = try TestNetwork(backend)
        let loop = """
            for i in $(seq 20); do "\(script.path)" ACTION - 192.0.2.$i 1.1 1 a - & jobs="$jobs $!"; done
            for job in $jobs; do wait $job; done
            """
        for action in ["add", "delete"] {
            let result = try network.host.run(
                "/bin/bash", ["-ec", "PATH=$PATH:/usr/bin; " + loop.replacing("ACTION", with: action)],
                environment: network.environment())
            #expect(result.status == 0, "\(result)")
            let rules = try network.rules()
            for i in 1...20 {
                let isThere = rules.firstMatch(of: try Regex("\\b192\\.0\\.2\\.\(i)\\b")) != nil
                #expect(isThere == (action == "add"), "\(i)")
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `adding twice and deleting what is not there succeed`(backend: Backend) throws {
        let network = try TestNetwork(backend)
        #expect(try network.run(script, script.arguments("delete", ip: "192.0.2.1")).status == 0)
        #expect(try network.run(script, script.arguments("add", ip: "192.0.2.1")).status == 0)
        let once = try network.rules()
        #expect(once.contains("192.0.2.1"))
        #expect(try network.run(script, script.arguments("add", ip: "::ffff:192.0.2.1")).status == 0)
        #expect(try network.rules() == once)
        #expect(try network.run(script, script.arguments("delete", ip: "192.0.2.1")).status == 0)
        #expect(try !network.rules().contains("192.0.2.1"))
        let again = try network.run(script, script.arguments("delete", ip: "192.0.2.1"))
        #expect(again.status == 0)
        #expect(again.output.contains("nothing to undo"))
    }

    @Test func `the kernel ends a ban some time after its undo was due and a repeat starts that time anew`() throws {
        let network = try TestNetwork()
        func timeout() throws -> String? {
            let rules = try network.host.shell("nft list map inet edr banned4")
            return rules.firstMatch(of: /192\.0\.2\.1 timeout (\w+)/).map { String($0.1) }
        }
        _ = try network.run(script, script.arguments("add", ip: "192.0.2.1"), ["EDR_TIMEOUT": "600"])
        #expect(try timeout() == "12m")
        _ = try network.run(script, script.arguments("add", ip: "192.0.2.1"), ["EDR_TIMEOUT": "3600"])
        #expect(try timeout() == "1h7m")
        _ = try network.run(script, script.arguments("add", ip: "192.0.2.1"))
        #expect(try timeout() == nil)
    }

    @Test func `a ban of before nftables was installed is released too`() throws {
        let old = try TestNetwork(.iptables)
        #expect(try old.run(script, script.arguments("add", ip: "192.0.2.1")).status == 0)
        #expect(try old.rules().contains("192.0.2.1"))
        let deleted = try old.host.run(
            script.path, script.arguments("delete", ip: "192.0.2.1"), environment: ResponseScript.environment())
        #expect(deleted.status == 0)
        #expect(try !old.rules().contains("192.0.2.1"))
    }

    @Test(arguments: [
        "-", "", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255",
        "ff02::1", "10.0.0.0/0", "10.0.0.0/7", "10.0.0.0/33", "127.0.0.0/8", "224.0.0.0/8", "::/64",
        "fc00::/7", "2001:db8::/129", "::ffff:10.0.0.0/104", "10.0.0.0/08", "10.0.0.0/8/8", "/8", "10.0.0.0/",
        "010.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "fe80::1%eth0", "2001:db8::1::2",
        "host.example", "1.2.3.4; flush ruleset", "1.2.3.4\n1.2.3.5", "$(reboot)", "*", "-j",
    ])
    func `what is not the address of another host is refused and changes nothing`(address: String) throws {
        let host = try NetworkNamespace()
        let result = try host.run(
            script.path, script.arguments("add", ip: address), environment: ResponseScript.environment())
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(result.output.isEmpty)
        #expect(try host.shell("nft list ruleset").isEmpty)
    }

    @Test(arguments: ["10.77.1.2", "::ffff:10.77.1.2", "FD77:1:0:0:0:0:0:2"])
    func `the manager is never banned`(address: String) throws {
        let host = try NetworkNamespace()
        let environment = ResponseScript.environment(["EDR_MANAGER_ADDRESSES": "192.0.2.1,fd77:1::2 10.77.1.2"])
        let result = try host.run(script.path, script.arguments("add", ip: address), environment: environment)
        #expect(result.status == 1)
        #expect(result.errors.contains("the manager's address"))
        #expect(try host.shell("nft list ruleset").isEmpty)
    }

    @Test func `without a firewall program it fails and says which one to install`() throws {
        let host = try NetworkNamespace()
        let programs = try ProgramFolder(["sh", "awk", "cat", "readlink"])
        let result = try host.run(
            script.path, script.arguments("add", ip: "192.0.2.1"),
            environment: ResponseScript.environment(["PATH": programs.path]))
        #expect(result.status == 1)
        #expect(result.errors.contains("not installed"))
    }

    @Test func `a firewall that refuses makes it fail`() throws {
        let host = try NetworkNamespace()
        // Without the capability, in the same namespace.
        let result = try host.run(
            "/usr/bin/setpriv",
            ["--bounding-set=-net_admin", "--inh-caps=-net_admin", script.path]
                + script.arguments("add", ip: "192.0.2.1"),
            environment: ResponseScript.environment())
        #expect(result.status == 1, "\(result)")
        #expect(result.errors.contains("could not be blocked"))
        let deleted = try host.run(
            "/usr/bin/setpriv",
            ["--bounding-set=-net_admin", "--inh-caps=-net_admin", script.path]
                + script.arguments("delete", ip: "192.0.2.1"),
            environment: ResponseScript.environment())
        #expect(deleted.status == 1, "\(deleted)")
    }

    @Test(arguments: Backend.allCases, TestNetwork.Family.allCases)
    func `a network is cut off until it is released`(backend: Backend, family: TestNetwork.Family) throws {
        let network = try TestNetwork(backend)
        try network.awaitCables(family)
        // One address of the outside, in a form that has bits left over; not the host's.
        let banned = family == .v4 ? "10.77.1.23/28" : "fd77:1::23/123"
        try network.host.configure(
            family == .v4
                ? "addr add 10.77.1.129/24 dev h0" : "addr add fd77:1::129/64 dev h0 nodad")
        try network.outside.configure(
            family == .v4 ? "addr add 10.77.1.130/24 dev o0" : "addr add fd77:1::130/64 dev o0 nodad")
        let other = family == .v4 ? "10.77.1.130" : "fd77:1::130"
        for arguments in [
            script.arguments("add", ip: banned), script.arguments("add", extra: [banned]),
        ] {
            let added = try network.run(script, arguments)
            #expect(added.status == 0, "\(added)")
        }
        #expect(
            try TCPConnection.isCut(
                from: network.outside, source: family.neighbour, to: family.inside, of: network.inside))
        #expect(try TCPConnection.isCut(from: network.inside, to: family.neighbour, of: network.outside))
        try TCPConnection.open(from: network.outside, source: other, to: family.inside, of: network.inside)
        let deleted = try network.run(script, script.arguments("delete", ip: banned))
        #expect(deleted.status == 0, "\(deleted)")
        try TCPConnection.open(
            from: network.outside, source: family.attacker, to: family.inside, of: network.inside)
        #expect(try network.host.shell("nft list tables inet") == "")
    }

    @Test func `networks and addresses that overlap are banned and released each by itself`() throws {
        let network = try TestNetwork()
        let targets = ["172.0.0.0/8", "172.1.0.0/16", "172.1.2.3", "172.1.2.0/24"]
        for target in targets {
            let added = try network.run(script, script.arguments("add", ip: target))
            #expect(added.status == 0, "\(added)")
        }
        for (index, target) in targets.enumerated() {
            #expect(
                try network.run(script, script.arguments("delete", ip: target)).output.contains("not blocked any more"))
            let rules = try network.rules()
            #expect(!rules.contains(" \(target) "))
            for rest in targets[(index + 1)...] { #expect(rules.contains(" \(rest) "), "\(rest)") }
        }
    }

    @Test(arguments: ["10.0.0.0/8", "10.77.1.8/29", "2001:db8::/32", "2001:db8:1::7/128"])
    func `a network that the manager is in is refused`(target: String) throws {
        let host = try NetworkNamespace()
        let result = try host.run(
            script.path, script.arguments("add", ip: target),
            environment: ResponseScript.environment(["EDR_MANAGER_ADDRESSES": "manager 10.77.1.9, 2001:db8:1::7"]))
        #expect(result.status == 1)
        #expect(result.errors.contains("manager's address"), "\(result)")
        #expect(try host.shell("nft list ruleset") == "")
    }

    @Test(
        .enabled(if: access("/usr/sbin/conntrack", X_OK) == 0, "needs conntrack"),
        arguments: TestNetwork.Family.allCases)
    func `the kernel forgets open connections`(family: TestNetwork.Family) throws {
        let network = try TestNetwork()
        try network.awaitCables(family)
        try network.addForeignRules()  // which make the kernel track connections
        let connections = try [family.attacker, family.neighbour].map {
            try TCPConnection.open(from: network.outside, source: $0, to: family.inside, of: network.inside)
        }
        for connection in connections { #expect(connection.carries()) }
        func tracked(_ address: String) throws -> Bool {
            let version = family == .v4 ? "ipv4" : "ipv6"
            return try network.host.shell("conntrack -L -f \(version) 2>/dev/null").contains("src=\(address) ")
        }
        #expect(try tracked(family.attacker) && tracked(family.neighbour))
        let added = try network.run(script, script.arguments("add", ip: family.attacker))
        #expect(added.output.contains("open connections are cut"), "\(added)")
        #expect(try !tracked(family.attacker) && tracked(family.neighbour))
        #expect(connections[0].isCut() && connections[1].carries())
    }

    @Test(
        .enabled(if: access("/usr/sbin/conntrack", X_OK) == 0, "needs conntrack"),
        arguments: TestNetwork.Family.allCases, ["opened by it", "opened to it", "translated to it", "network"])
    func `the kernel forgets connections whichever end the address is`(
        family: TestNetwork.Family, end: String
    ) throws {
        let network = try TestNetwork()
        try network.awaitCables(family)
        try network.addForeignRules()
        let version = family == .v4 ? "ipv4" : "ipv6"
        let shown = family == .v4 ? "192.0.2.9" : "2001:db8::9"
        if end == "translated to it" {
            try network.host.shell(
                """
                nft -f - <<'END'
                table inet translation {
                    chain early {
                        type nat hook prerouting priority -100;
                        \(family == .v4 ? "ip daddr \(shown) dnat ip" : "ip6 daddr \(shown) dnat ip6") to \(family.attacker)
                    }
                }
                END
                """)
        }
        let opened = end == "opened by it" || end == "network"
        let (from, to) = opened ? (network.outside, network.inside) : (network.inside, network.outside)
        let connection = try TCPConnection.open(
            from: from, source: opened ? family.attacker : family.inside,
            to: opened ? family.inside : end == "translated to it" ? shown : family.attacker,
            translated: opened ? nil : family.attacker, of: to)
        #expect(connection.carries())
        let target = end == "network" ? "\(family.attacker)/\(family == .v4 ? 31 : 127)" : family.attacker
        func tracked() throws -> Int {
            try network.host.shell("conntrack -L -f \(version) 2>/dev/null").matches(of: #/ESTABLISHED/#).count
        }
        #expect(try tracked() == 1)
        let added = try network.run(script, script.arguments("add", ip: target))
        #expect(added.status == 0, "\(added)")
        #expect(try tracked() == 0)
        #expect(!connection.isAnswered())
    }

    @Test func `without conntrack it says so`() throws {
        let network = try TestNetwork(.iptables)
        let added = try network.run(script, script.arguments("add", ip: "192.0.2.1"))
        #expect(added.status == 0)
        #expect(added.output.contains("conntrack is not installed"), "\(added)")
    }

    @Test func `nftables-drop never uses iptables`() throws {
        let nftables = ResponseScript(name: "nftables-drop")
        let network = try TestNetwork()
        #expect(try network.run(nftables, nftables.arguments("add", ip: "192.0.2.1")).status == 0)
        #expect(try network.host.shell("nft list map inet edr banned4").contains("192.0.2.1"))
        #expect(try network.run(nftables, nftables.arguments("delete", ip: "192.0.2.1")).status == 0)
        #expect(try network.rules() == "")
        let without = try TestNetwork(.iptables)
        for action in ["add", "delete"] {
            let result = try without.run(nftables, nftables.arguments(action, ip: "192.0.2.1"))
            #expect(result.status == 1)
            #expect(result.errors.contains("not installed"), "\(result)")
        }
        #expect(try !without.rules().contains("192.0.2.1"))
    }
}
