import Foundation
import TestSupport

/// What a ban costs, its undo, bringing bans back and the packets that pass, with one ban and with ten thousand.
///
/// What is compared is measured in turns in one run, because the machine's mood changes. Everything happens in network
/// namespaces that are made for it; the firewall of this machine is not touched.
enum BansBenchmark {
    static let count = 10_000
    private static let rounds = 25
    private static let restoreRounds = 5

    static func run() throws {
        guard NetworkNamespace.isPossible, access("/usr/sbin/nft", X_OK) == 0 else {
            print("not measured: bans need root, network namespaces, iproute2 and nft")
            return
        }
        for kind in BanHost.Kind.allCases where kind != .iptables || access("/usr/sbin/iptables-restore", X_OK) == 0 {
            try costs(kind)
        }
        try cut()
        try PacketPath.measure()
    }

    /// One ban and its undo on hosts with none, one and ten thousand others; and bringing all of them back.
    private static func costs(_ kind: BanHost.Kind) throws {
        let hosts = try (0..<3).map { _ in try BanHost(kind) }
        let full = hosts[2]
        var (back, checks): ([Double], [Double]) = ([], [])
        for _ in 0..<restoreRounds {
            try full.flush()
            back.append(try full.restore(count, missing: count))
            checks.append(try full.restore(count, missing: 0))
        }
        _ = try hosts[1].run("add", 0)
        var adds: [[Double]] = [[], [], []]
        var undos = adds
        // One of iptables with ten thousand takes seconds.
        for round in 0..<(kind == .iptables ? restoreRounds : rounds) {
            // To and fro: what the kernel puts off after a deletion is at the cost of whoever comes next.
            for index in round % 2 == 0 ? [0, 1, 2] : [2, 1, 0] {
                adds[index].append(try hosts[index].run("add", count))
                undos[index].append(try hosts[index].run("delete", count))
            }
        }
        report("\(kind.rawValue): ban", adds)
        report("\(kind.rawValue): undo", undos)
        print(
            "\(kind.rawValue): \(count) brought back after a flush in \(format(median(back))), "
                + "looked after with nothing missing in \(format(median(checks)))")
    }

    /// The first ban where the kernel tracks nothing, and where it tracks connections.
    private static func cut() throws {
        guard access("/usr/sbin/conntrack", X_OK) == 0 else {
            print("cutting connections: not measured, conntrack is missing")
            return
        }
        let hosts = try [BanHost(.address), BanHost(.address)]
        try hosts[1].namespace.shell(
            """
            nft -f - <<'END'
            table inet site {
                chain input { type filter hook input priority 0; ct state established accept; }
            }
            END
            """)
        var adds: [[Double]] = [[], []]
        for _ in 0..<rounds {
            for (index, host) in hosts.enumerated() {
                // Forgotten after half a minute.
                _ = try host.namespace.inside { try PacketSender(to: "127.0.0.1").send(1) }
                adds[index].append(try host.run("add", 0))
                _ = try host.run("delete", 0)
            }
        }
        print(
            "IPv4: ban, median of \(rounds): \(format(median(adds[0]))) where no connection is tracked, "
                + "\(format(median(adds[1]))) where one of others is")
    }

    /// The fastest too: on a busy machine it tells more than the median.
    private static func report(_ name: String, _ times: [[Double]]) {
        for (what, values) in [
            ("median of \(times[0].count)", times.map(median)), ("fastest", times.map { $0.min() ?? 0 }),
        ] {
            print(
                "\(name), \(what): 1st \(format(values[0])), 2nd \(format(values[1])), "
                    + "\(count + 1)st \(format(values[2])), "
                    + String(format: "%.2f x the 1st, %.2f x the 2nd", values[2] / values[0], values[2] / values[1]))
        }
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private static func format(_ milliseconds: Double) -> String {
        milliseconds < 100 ? String(format: "%.1f ms", milliseconds) : "\(Int(milliseconds)) ms"
    }
}
