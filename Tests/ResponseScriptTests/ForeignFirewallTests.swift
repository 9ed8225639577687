import Foundation
import TestSupport
import Testing

/// The scripts for firewalls that this machine does not have, against programs that stand in for them.
@Suite struct `Scripts for other firewalls` {
    /// A set of addresses that the programs share: `has`, `put` and `drop` work on it.
    static let memory = """
        has() { grep -q -F -x -e "$1" set 2>/dev/null; }
        put() { has "$1" || echo "$1" >>set; }
        drop() { grep -v -F -x -e "$1" set >new; mv new set; }
        """

    func run(
        _ script: ResponseScript, _ action: String, _ ip: String = "203.0.113.1", _ programs: FakePrograms,
        extra: [String] = [], environment: [String: String] = [:]
    ) throws -> CommandResult {
        try ShellCommand.run(
            script.path, script.arguments(action, ip: ip, extra: extra), environment: programs.environment(environment))
    }

    // MARK: firewalld

    let firewalld = ResponseScript(name: "firewalld-drop")

    func fakeFirewalld(_ text: String = "") throws -> FakePrograms {
        try FakePrograms([
            "conntrack": "exit 1",
            "firewall-cmd": Self.memory + """

                \(text)
                for word; do :; done
                case $word in
                --query-rich-rule=*) has "${word#*=}" ;;
                --add-rich-rule=*) put "${word#*=}" ;;
                --remove-rich-rule=*) drop "${word#*=}" ;;
                esac
                """,
        ])
    }

    @Test(arguments: [("203.0.113.1", "ipv4"), ("2001:db8::1", "ipv6")])
    func `firewalld gets a rich rule and loses it`(ip: String, family: String) throws {
        let programs = try fakeFirewalld()
        let rule = "rule family=\"\(family)\" source address=\"\(ip)\" drop"
        let added = try run(firewalld, "add", ip, programs)
        #expect(added.status == 0, "\(added)")
        let calls = programs.calls()
        #expect(
            calls.prefix(2) == [
                "firewall-cmd [--quiet] [--add-rich-rule=\(rule)]",
                "firewall-cmd [--quiet] [--query-rich-rule=\(rule)]",
            ])
        // Where the kernel tracks nothing, there is nothing to cut. Else a list that fails says nothing.
        let cuts = ["orig-src", "orig-dst", "reply-src"].map { "conntrack [-D] [-f] [\(family)] [--\($0)] [\(ip)]" }
        #expect(calls.count == 2 || calls.dropFirst(2) == ["conntrack [-L] [-f] [\(family)]"] + cuts)
        #expect(programs.text(of: "set") == rule + "\n")
        let deleted = try run(firewalld, "delete", ip, programs, extra: ["dmz"])
        #expect(deleted.status == 0, "\(deleted)")
        #expect(
            programs.calls().dropFirst().first == "firewall-cmd [--zone=dmz] [--quiet] [--query-rich-rule=\(rule)]")
        #expect(programs.text(of: "set") == "")
        #expect(try run(firewalld, "delete", ip, programs).output.contains("nothing to undo"))
    }

    @Test func `firewalld that does not do it makes it fail`() throws {
        let refusing = try fakeFirewalld("case $* in *--add*) echo 'Error: NOT_AUTHORIZED' >&2; exit 253 ;; esac")
        let result = try run(firewalld, "add", programs: refusing)
        #expect(result.status == 1)
        #expect(result.errors.contains("NOT_AUTHORIZED"))
        let lying = try fakeFirewalld("case $* in *--add*) exit 0 ;; esac")
        #expect(try run(firewalld, "add", programs: lying).status == 1)
        #expect(try run(firewalld, "add", "203.0.113.1", lying, extra: ["x y"]).errors.contains("not a zone"))
    }

    func run(_ script: ResponseScript, _ action: String, programs: FakePrograms) throws -> CommandResult {
        try run(script, action, "203.0.113.1", programs)
    }

    // MARK: pf

    let pf = ResponseScript(name: "pf")

    func fakePf(_ text: String = "", system: String = "FreeBSD") throws -> FakePrograms {
        try FakePrograms([
            "uname": "echo \(system)",
            "pfctl": Self.memory + """

                \(text)
                case $* in
                '-q -s info') echo 'Status: Enabled for 0 days 00:01:00           Debug: Urgent' ;;
                '-q -s rules') echo 'anchor "edr" all'; echo 'anchor "com.apple/*" all' ;;
                *'-s rules') cat rules 2>/dev/null ;;
                *'-f -') cat >loaded; grep block loaded >rules ;;
                *'-T add '*) put "${8-}" ;;
                *'-T test '*) has "${8-}" ;;
                *'-T delete '*) drop "${8-}" ;;
                esac
                """,
        ])
    }

    @Test(
        arguments: [("203.0.113.1", "0.0.0.0/0"), ("2001:db8::1", "::/0")],
        [("FreeBSD", "edr"), ("Darwin", "com.apple/edr")])
    func `pf gets the address in the table of its anchor`(
        address: (ip: String, any: String), system: (name: String, anchor: String)
    ) throws {
        let programs = try fakePf(system: system.name)
        let (ip, anchor) = (address.ip, system.anchor)
        let added = try run(pf, "add", ip, programs)
        #expect(added.status == 0, "\(added)")
        #expect(
            programs.calls() == [
                "uname [-s]", "pfctl [-q] [-s] [info]", "pfctl [-q] [-s] [rules]",
                "pfctl [-q] [-a] [\(anchor)] [-s] [rules]", "pfctl [-q] [-a] [\(anchor)] [-f] [-]",
                "pfctl [-q] [-a] [\(anchor)] [-t] [banned] [-T] [add] [\(ip)]",
                "pfctl [-q] [-a] [\(anchor)] [-t] [banned] [-T] [test] [\(ip)]", "pfctl [-q] [-k] [\(ip)]",
                "pfctl [-q] [-k] [\(address.any)] [-k] [\(ip)]",
            ])
        #expect(programs.text(of: "loaded")?.contains("table <banned> persist\n") == true)
        #expect(try run(pf, "add", ip, programs).status == 0)
        #expect(!programs.calls().contains { $0.hasSuffix("[-f] [-]") })
        #expect(try run(pf, "delete", ip, programs).status == 0)
        #expect(
            programs.calls() == ["uname [-s]"]
                + ["test", "delete", "test"].map { "pfctl [-q] [-a] [\(anchor)] [-t] [banned] [-T] [\($0)] [\(ip)]" })
        #expect(try run(pf, "delete", ip, programs).output.contains("nothing to undo"))
    }

    @Test(arguments: [
        ("case $* in *info) echo 'Status: Disabled'; exit ;; esac", "not switched on"),
        ("case $* in '-q -s rules') echo 'pass all'; exit ;; esac", "add the line 'anchor \"edr\"'"),
        ("case $* in *'-f -') echo 'syntax error' >&2; exit 1 ;; esac", "could not be loaded: syntax error"),
        ("case $* in *'-T add'*) echo 'Permission denied.' >&2; exit 1 ;; esac", "Permission denied"),
        ("case $* in *'-T add'*) exit ;; esac", "could not be blocked"),
    ])
    func `pf that does not block makes it fail`(text: String, reason: String) throws {
        let result = try run(pf, "add", programs: fakePf(text))
        #expect(result.status == 1)
        #expect(result.errors.contains(reason), "\(result)")
    }

    // MARK: ipfw

    let ipfw = ResponseScript(name: "ipfw")

    func fakeIpfw(_ text: String = "") throws -> FakePrograms {
        try FakePrograms([
            "sysctl": "echo 1",
            "ipfw": Self.memory + """

                \(text)
                case $* in
                'list 1') cat rules 2>/dev/null ;;
                '-q add 1 '*) echo "00001 ${*#-q add 1 }" >>rules ;;
                '-q table edr info') [ -e table ] ;;
                '-q table edr create type addr') : >table ;;
                '-q table edr add '*) put "$5" ;;
                '-q table edr lookup '*) has "$5" ;;
                '-q table edr delete '*) drop "$5" ;;
                esac
                """,
        ])
    }

    @Test(arguments: [("203.0.113.1", "net.inet.ip.fw.enable"), ("2001:db8::1", "net.inet6.ip6.fw.enable")])
    func `ipfw gets the address in a table, and rules for it once`(ip: String, control: String) throws {
        let programs = try fakeIpfw()
        let added = try run(ipfw, "add", ip, programs)
        #expect(added.status == 0, "\(added)")
        let calls = programs.calls()
        #expect(calls.first == "sysctl [-n] [\(control)]")
        #expect(calls.contains("ipfw [-q] [table] [edr] [create] [type] [addr]"))
        #expect(calls.contains("ipfw [-q] [table] [edr] [add] [\(ip)]"))
        let rules = "00001 deny ip from table(edr) to any\n00001 deny ip from any to table(edr)\n"
        #expect(programs.text(of: "rules") == rules)
        #expect(try run(ipfw, "add", ip, programs).status == 0)
        #expect(programs.text(of: "rules") == rules)
        _ = programs.calls()
        #expect(try run(ipfw, "delete", ip, programs).status == 0)
        #expect(programs.calls() == ["lookup", "delete", "lookup"].map { "ipfw [-q] [table] [edr] [\($0)] [\(ip)]" })
        #expect(try run(ipfw, "delete", ip, programs).output.contains("nothing to undo"))
    }

    @Test(arguments: [
        "case $* in *' add 1 '*) echo 'ipfw: denied' >&2; exit 71 ;; esac",
        "case $* in *'edr add'*) echo 'ipfw: denied' >&2; exit 71 ;; esac",
    ])
    func `ipfw that does not block makes it fail`(text: String) throws {
        let result = try run(ipfw, "add", programs: fakeIpfw(text))
        #expect(result.status == 1)
        #expect(result.errors.contains("could not be blocked: ipfw: denied"), "\(result)")
    }

    // MARK: npf

    let npf = ResponseScript(name: "npf")

    func fakeNpf(
        _ show: String = "# filtering:\tactive\n# config:\tloaded\n\ntable <edr> type lpm\nblock in final from <edr>"
    )
        throws -> FakePrograms
    {
        try FakePrograms([
            "npfctl": Self.memory + """

                case $1${3-} in
                show) cat <<'END'
                \(show)
                END
                ;;
                tableadd) put "$2 $4" ;;
                tabletest) has "$2 $4" ;;
                tablerem) drop "$2 $4" ;;
                esac
                """
        ])
    }

    @Test(arguments: ["203.0.113.1", "2001:db8::1"]) func `npf gets the address in its table`(ip: String) throws {
        let programs = try fakeNpf()
        let added = try run(npf, "add", ip, programs)
        #expect(added.status == 0, "\(added)")
        #expect(
            programs.calls() == ["npfctl [show]"] + ["add", "test"].map { "npfctl [table] [edr] [\($0)] [\(ip)]" })
        #expect(try run(npf, "delete", ip, programs).status == 0)
        #expect(programs.calls() == ["test", "rem", "test"].map { "npfctl [table] [edr] [\($0)] [\(ip)]" })
        #expect(try run(npf, "delete", ip, programs).output.contains("nothing to undo"))
    }

    @Test(arguments: [
        ("# filtering:\tinactive\nblock in final from <edr>", "-", "not switched on"),
        ("# filtering:\tactive\ntable <edr> type lpm\npass all", "-", "no rule of npf blocks the table <edr>"),
        ("# filtering:\tactive\nblock in final from <edr>", "wazuh_blacklist", "the table <wazuh_blacklist>"),
    ])
    func `npf that would not block makes it fail`(show: String, table: String, reason: String) throws {
        let result = try run(npf, "add", "203.0.113.1", fakeNpf(show), extra: [table])
        #expect(result.status == 1)
        #expect(result.errors.contains(reason), "\(result)")
    }

    @Test(arguments: ["firewalld-drop", "pf", "ipfw", "npf"])
    func `the manager and what is no other host are refused`(name: String) throws {
        let programs = try FakePrograms(
            ["firewall-cmd", "pfctl", "ipfw", "npfctl"].reduce(into: ["uname": "echo FreeBSD"]) { $0[$1] = "exit 0" })
        for ip in ["127.0.0.1", "::1", "-", "192.0.2.0/24", "192.0.2.9"] {
            let result = try run(
                ResponseScript(name: name), "add", ip, programs, environment: ["EDR_MANAGER_ADDRESSES": "192.0.2.9"])
            #expect(result.status == 1)
            #expect(programs.calls().filter { !$0.hasPrefix("uname") } == [])
        }
    }
}
