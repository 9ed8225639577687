import ActiveResponse
import Testing

@Suite struct OrderCheckTests {
    @Test(arguments: [
        order(1), order(1, address: nil), order(1, address: "2001:db8::1"), order(1, user: "eve.o-brien_1@corp"),
        order(1, user: "jürgen"), order(1, filename: "/"), order(1, filename: "/var/log/a b;$(x).log"),
        order(1, extra: ["", "$(reboot)", "a\u{2028}b", "; rm -rf /"]),
    ])
    func `ordinary values are in order`(order: Order) {
        #expect(order.reasonToRefuse == nil)
    }

    @Test(arguments: [
        "", "203.0.113", "203.0.113.7 ", "203.0.113.7/24", "0x7f.1", "2001:db8::1%eth0", "$(reboot)", "::fffff",
        "203.0.113.7\n",
    ])
    func `what is no address is refused`(address: String) {
        #expect(order(1, address: address).reasonToRefuse?.contains("is not an IP address") == true)
    }

    @Test(arguments: [
        "", "-rf", "+x", "~root", "a b", "a\tb", "a:b", "a,b", "a\\b", "a/b", "a..b", "a'b", "a\"b", "a`b", "a\u{0}b",
        "a\u{85}b", "a\u{a0}b", String(repeating: "x", count: 257),
    ])
    func `an unsafe user name is refused`(user: String) {
        #expect(order(1, user: user).reasonToRefuse?.contains("is not safe") == true)
    }

    @Test(arguments: [
        "", "relative", "//x", "/a//b", "/a/./b", "/a/../b", "/..", "/a/", "/a\nb", "/a\u{0}b",
        "/" + String(repeating: "x", count: 4096),
    ])
    func `a file name that is not absolute and normal is refused`(filename: String) {
        #expect(order(1, filename: filename).reasonToRefuse?.contains("is not absolute and normal") == true)
    }

    @Test func `a reason shows no control characters of the value`() {
        #expect(order(1, user: "a\u{1b}[2J\nb").reasonToRefuse == "the user name \"a?[2J?b\" is not safe")
    }

    @Test func `control characters are refused everywhere`() {
        var orders: [Order] = []
        for change in [
            { $0.command = "a\nb" }, { $0.activeResponse = "a\u{0}" }, { $0.executable = "a\r" },
            { $0.alertID = "1\n2" }, { $0.ruleID = "\u{7f}" }, { $0.agentName = "web\u{1b}" }, { $0.agentID = "\t" },
            { $0.managerName = "\u{9f}" }, { $0.extraArguments = ["ok", "a\nb"] },
        ] as [(inout Order) -> Void] {
            var changed = order(1)
            change(&changed)
            orders.append(changed)
        }
        for order in orders { #expect(order.reasonToRefuse?.contains("control character") == true) }
    }

    @Test func `sizes and numbers out of range are refused`() {
        for change in [
            { $0.alertJSON = [UInt8](repeating: 0x20, count: (1 << 20) + 1) },
            { $0.extraArguments = [String](repeating: "x", count: 257) },
            { $0.extraArguments = [String(repeating: "x", count: 65_537)] }, { $0.timeout = -1 },
            { $0.timeout = .max }, { $0.execTimeout = -1 }, { $0.execTimeout = 86_401 },
            { $0.repeatedOffenders = [-1] }, { $0.repeatedOffenders = [.max] },
            { $0.repeatedOffenders = [Int64](repeating: 1, count: 65) }, { $0.command = "" },
            { $0.command = String(repeating: "x", count: 1025) }, { $0.containment.sha256 = [] },
            { $0.containment.sha256 = [UInt8](repeating: 0, count: 31) }, { $0.containment.runAs = "" },
            { $0.containment.runAs = "a/b" }, { $0.containment.runAs = "-u" },
        ] as [(inout Order) -> Void] {
            var changed = order(1)
            change(&changed)
            #expect(changed.reasonToRefuse != nil)
        }
    }
}
