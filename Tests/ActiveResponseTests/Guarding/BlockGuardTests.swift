import ActiveResponse
import Alerts
import Foundation
import TestSupport
import Testing

/// What a machine refuses to block, whatever is ordered.
@Suite(.timeLimit(.minutes(5))) struct BlockGuardTests {
    private static let ban = "#!/bin/sh\necho \"$1 $3\" >> \"$EDR_HOME/calls\"\n"

    /// A home with a `/proc` and an `/etc` in it, in which the gateways are 192.0.2.254 and fe80::1, the DNS servers 192.0.2.53 and
    /// 2001:db8::53, and sshd listens on 22 and 2022.
    private func root() throws -> TemporaryHome {
        let root = try TemporaryHome()
        let folders = ["proc/net", "proc/77/fd", "proc/78/fd", "run/systemd/resolve"]
        for folder in folders {
            try FileManager.default.createDirectory(atPath: root.path + "/" + folder, withIntermediateDirectories: true)
        }
        try root.write(
            """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\tFE0200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            eth0\t0A000000\t010200C0\t0003\t0\t0\t0\tFF000000\t0\t0\t0

            """, to: "proc/net/route")
        let zeros = String(repeating: "0", count: 32)
        try root.write(
            """
            \(zeros) 00 \(zeros) 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
            \(zeros) 00 \(zeros) 00 \(zeros) ffffffff 00000001 00000000 00200200 lo

            """, to: "proc/net/ipv6_route")
        try root.write("# resolv\nnameserver 192.0.2.53\nsearch example.net\n", to: "etc/resolv.conf")
        try root.write("nameserver 2001:db8::53%eth0\n", to: "run/systemd/resolve/resolv.conf")
        // Listening: 22 (socket 10), 2022 (11), 80 (12). Connected: 198.51.100.1 to 22, .2 to 2022, .3 to 80.
        try root.write(
            """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1 0 100 0 0 10 0
               1: 00000000:07E6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
               2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
               3: 0A0200C0:0016 016433C6:C350 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0 0 10 0
               4: 0A0200C0:07E6 026433C6:C351 01 00000000:00000000 00:00000000 00000000     0        0 14 1 0 100 0 0 10 0
               5: 0A0200C0:0050 036433C6:C352 01 00000000:00000000 00:00000000 00000000     0        0 15 1 0 100 0 0 10 0
               6: 0A0200C0:0016 046433C6:C353 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0

            """, to: "proc/net/tcp")
        // A dual-stack server has an IPv4 peer in mapped form: 198.51.100.5 to 22; and 2001:db8::6.
        let local = "0000000000000000FFFF00000A0200C0"
        try root.write(
            """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr
               0: \(local):0016 0000000000000000FFFF0000056433C6:C354 01 0:0 00:0 0 0 0 16 1
               1: \(local):0016 B80D0120000000000000000006000000:C355 01 0:0 00:0 0 0 0 17 1

            """, to: "proc/net/tcp6")
        try root.write("sshd\n", to: "proc/77/comm")
        try root.write("nginx\n", to: "proc/78/comm")
        for (descriptor, socket) in [("77/fd/3", 10), ("77/fd/4", 11), ("78/fd/3", 12)] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(root.path)/proc/\(descriptor)", withDestinationPath: "socket:[\(socket)]")
        }
        return root
    }

    private func machine(
        _ root: TemporaryHome, off: Set<String> = []
    ) throws -> TestExecutor {
        let machine = try TestExecutor(home: root) {
            $0.systemRoot = root.path
            $0.neverBlock = $0.neverBlock.filter { !off.contains($0.rawValue) }
        }
        try machine.home.addScript("block", Self.ban)
        return machine
    }

    @Test(arguments: [
        ("192.0.2.1", "manager"), ("2001:db8::1", "manager"), ("::ffff:192.0.2.1", "manager"),
        ("127.0.0.1", "loopback"), ("127.9.9.9", "loopback"), ("::1", "loopback"),
        ("192.0.2.254", "gateway"), ("::ffff:c000:2fe", "gateway"), ("fe80::1", "gateway"),
        ("192.0.2.53", "dns"), ("2001:db8:0::53", "dns"),
        ("198.51.100.1", "ssh"), ("198.51.100.2", "ssh"), ("198.51.100.5", "ssh"), ("2001:db8::6", "ssh"),
    ])
    func `what the machine needs is refused with the reason, and can be switched off`(
        address: String, kind: String
    ) async throws {
        let root = try root()
        let guarded = try machine(root)
        guarded.executor.submit(order(1, address: address, timeout: 60))
        let refusal = await guarded.recorder.end(of: dispatch(1))
        #expect(refusal.kind == .refused)
        #expect(refusal.detail.contains("<\(kind)>no"), "\(refusal.detail)")
        #expect(guarded.home.text(of: "calls") == nil)
        // As an address of this machine it is loopback's too.
        let off: Set = kind == "loopback" ? [kind, "own"] : [kind]
        let open = try machine(try self.root(), off: off)
        open.executor.submit(order(1, address: address, timeout: 60))
        #expect(await open.recorder.end(of: dispatch(1)).kind == .active)
    }

    @Test(arguments: ["198.51.100.3", "198.51.100.4", "192.0.2.7", "10.0.0.1", "2001:db8::5"])
    func `anything else is blocked`(address: String) async throws {
        let machine = try machine(try root())
        machine.executor.submit(order(1, address: address, timeout: 60))
        #expect(await machine.recorder.end(of: dispatch(1)).kind == .active)
    }

    @Test func `the machine's own addresses are refused`() async throws {
        guard NetworkNamespace.isPossible else { return }
        let (namespace, other) = (try NetworkNamespace(), try NetworkNamespace())
        try namespace.connect("v0", to: other, "v1")
        try namespace.configure("addr add 203.0.113.9/24 dev v0\nlink set v0 up")
        let machine = try namespace.inside { try TestExecutor() }
        try machine.home.addScript("block", Self.ban)
        machine.executor.submit(order(1, address: "203.0.113.9", timeout: 60))
        let refusal = await machine.recorder.end(of: dispatch(1))
        #expect(refusal.detail.contains("<own>no"), "\(refusal.detail)")
        machine.executor.submit(order(2, address: "203.0.113.8", timeout: 60))
        #expect(await machine.recorder.end(of: dispatch(2)).kind == .active)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "manager"), ("192.0.2.252/30", "gateway"), ("2001:db8::50/124", "dns"),
        ("126.0.0.0/7", "loopback"),
        ("198.51.100.2", "ssh"), ("::/8", "loopback"),
    ])
    func `without an address, networks among the extra arguments count`(network: String, kind: String) async throws {
        let machine = try machine(try root())
        machine.executor.submit(order(1, address: nil, timeout: 60, extra: ["-", network]))
        let refusal = await machine.recorder.end(of: dispatch(1))
        #expect(refusal.kind == .refused && refusal.detail.contains("<\(kind)>no"), "\(refusal.detail)")
        machine.executor.submit(order(2, address: "198.51.100.3", timeout: 60, extra: [network]))
        #expect(await machine.recorder.end(of: dispatch(2)).kind == .active)
    }

    @Test(arguments: [
        ("2001:db8::7:1", "ipv6-prefix=64", "dns"), ("2001:db8::7:1", "ipv6-prefix=32", "manager"),
        ("fe80::7:1", "ipv6-prefix=64", "gateway"),
    ])
    func `an address that its script widens to a network counts as that network`(
        address: String, option: String, kind: String
    ) async throws {
        let machine = try machine(try root(), off: kind == "dns" ? ["manager", "ssh"] : [])
        machine.executor.submit(order(1, address: address, timeout: 60, extra: ["-", option]))
        let refusal = await machine.recorder.end(of: dispatch(1))
        #expect(refusal.kind == .refused && refusal.detail.contains("<\(kind)>no"), "\(refusal.detail)")
        machine.executor.submit(order(2, address: nil, timeout: 60, extra: [address, option]))
        #expect(await machine.recorder.end(of: dispatch(2)).kind == .refused)
        for (number, option) in [(3, "ipv6-prefix=120"), (4, "ipv6-prefix=x"), (5, "-")] as [(UInt8, String)] {
            machine.executor.submit(order(number, address: address, timeout: 60, extra: [option]))
            #expect(await machine.recorder.end(of: dispatch(number)).kind != .refused)
        }
        machine.executor.submit(order(6, address: "198.51.100.9", timeout: 60, extra: [option]))
        #expect(await machine.recorder.end(of: dispatch(6)).kind == .active)
    }

    @Test(arguments: [
        #"{"id":"1.2","rule":{"id":"1","level":3},"data":{"srcip":"192.0.2.254"}}"#,
        #"{"id":"1.2","rule":{"id":"1","level":3},"data":{"win":{"eventdata":{"ipAddress":"192.0.2.254"}}}}"#,
    ])
    func `the address counts that a script reads from the alert`(alert: String) async throws {
        let machine = try machine(try root())
        for (number, address) in [(1, "198.51.100.9"), (2, nil)] as [(UInt8, String?)] {
            machine.executor.submit(order(number, address: address, timeout: 60, convention: .json, alert: alert))
            let refusal = await machine.recorder.end(of: dispatch(number))
            #expect(refusal.kind == .refused && refusal.detail.contains("<gateway>no"), "\(refusal.detail)")
        }
        // Such a script is not given the alert.
        machine.executor.submit(
            order(3, address: "198.51.100.9", timeout: 60, convention: .positional, alert: alert))
        #expect(await machine.recorder.end(of: dispatch(3)).kind == .active)
    }

    @Test func `a response that acts on no address is not refused for the alert's`() async throws {
        let machine = try machine(try root())
        var lockOut = order(1, address: "192.0.2.254", user: "eve", timeout: 60)
        lockOut.sparesAddress = true
        machine.executor.submit(lockOut)
        #expect(await machine.recorder.end(of: dispatch(1)).kind == .active)
        try machine.home.addScript("notify", "#!/bin/sh\n# edr: no-address\ntrue\n")
        machine.executor.submit(order(2, executable: "notify", address: "192.0.2.254"))
        #expect(await machine.recorder.end(of: dispatch(2)).kind == .finished)
    }

    @Test func `what is in force is undone and not prolonged when its address has become vital`() async throws {
        let root = try root()
        let machine = try machine(root)
        machine.executor.submit(order(1, address: "198.51.100.9", timeout: 60))
        _ = await machine.recorder.end(of: dispatch(1))
        try root.write("nameserver 198.51.100.9\n", to: "etc/resolv.conf")
        machine.executor.update(neverBlock: [.dns])
        machine.executor.submit(order(2, address: "198.51.100.9", timeout: 600))
        #expect(await machine.recorder.end(of: dispatch(2)).kind == .refused)
        machine.executor.undo(dispatch(1), by: "a test")
        _ = await machine.recorder.first(.undone, dispatch(1))
        #expect(machine.home.text(of: "calls") == "add 198.51.100.9\ndelete 198.51.100.9\n")
    }
}
