import Foundation
import TestSupport

/// What a packet of somebody who is not banned costs on a host without the table, with one ban and with ten thousand.
///
/// A datagram over a virtual cable is received on the sender's time: sending lasts until the receiver's firewall has
/// decided about it.
enum PacketPath {
    private static let rounds = 40
    private static let packets = 5_000

    static func measure() throws {
        let outside = try NetworkNamespace()
        let bans = [0, 1, BansBenchmark.count]
        let hosts = try bans.enumerated().map { try host(behind: outside, number: $0.offset, bans: $0.element) }
        for family in Family.allCases {
            var times: [[Double]] = bans.map { _ in [] }
            for round in 0...rounds {
                for index in bans.indices {
                    let address = family.address(of: index)
                    let time = try outside.inside { try PacketSender(to: address).send(packets) }
                    // The first has to find the neighbour.
                    if round > 0 { times[index].append(time) }
                }
            }
            let medians = times.map(BansBenchmark.median)
            print(
                "packet, \(family.rawValue), median of \(rounds) x \(packets): "
                    + String(
                        format: "%.0f ns without the table, %.0f ns with 1 ban, %.0f ns with %d of each family, %.3f x",
                        medians[0], medians[1], medians[2], BansBenchmark.count, medians[2] / medians[1]))
        }
        try check(hosts)
    }

    private enum Family: String, CaseIterable, Sendable {
        case v4 = "IPv4"
        case v6 = "IPv6"

        func address(of host: Int) -> String { self == .v4 ? "10.77.\(host).1" : "fd77:\(host)::1" }
    }

    /// A host on a cable of its own, with so many banned addresses and as many banned IPv6 networks.
    private static func host(
        behind outside: NetworkNamespace, number: Int, bans: Int
    ) throws -> NetworkNamespace {
        let addresses = try BanHost(.address)
        let host = addresses.namespace
        try outside.connect("o\(number)", to: host, "h0")
        try outside.configure(
            """
            addr add 10.77.\(number).2/24 dev o\(number)
            addr add fd77:\(number)::2/64 dev o\(number) nodad
            link set o\(number) up
            """)
        try host.configure(
            """
            addr add 10.77.\(number).1/24 dev h0
            addr add fd77:\(number)::1/64 dev h0 nodad
            link set h0 up
            """)
        // Nobody answers that nobody listens.
        try host.shell(
            """
            nft -f - <<'END'
            table inet site {
                chain input { type filter hook input priority 0; udp dport 9 counter drop; }
            }
            END
            """)
        guard bans > 0 else { return host }
        _ = try addresses.restore(bans, missing: bans)
        _ = try BanHost(.subnet, in: host).restore(bans, missing: bans)
        return host
    }

    /// Every packet has to have gone the whole way, or its time means nothing.
    private static func check(_ hosts: [NetworkNamespace]) throws {
        let sent = Family.allCases.count * (rounds + 1) * packets
        for host in hosts {
            let counted = try host.shell("nft list chain inet site input").firstMatch(of: #/packets (\d+)/#)
            let arrived = counted.flatMap { Int($0.1) } ?? 0
            guard arrived > sent * 99 / 100 else { throw NotSeen("only \(arrived) of \(sent) packets arrived") }
        }
    }
}

/// Sends datagrams of one byte to the port 9 of an address.
final class PacketSender {
    private let descriptor: Int32

    /// In the network namespace of the calling thread.
    init(to address: String) throws {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "9", &hints, &found) == 0, let found else {
            throw NotSeen("\(address) is no address")
        }
        defer { freeaddrinfo(found) }
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(found.pointee.ai_family, kind, 0)
        guard descriptor >= 0, connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            throw NotSeen("no socket to \(address): \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// - Returns: the nanoseconds that each took.
    @discardableResult
    func send(_ count: Int) throws -> Double {
        var byte: UInt8 = 0
        let start = DispatchTime.now().uptimeNanoseconds
        for _ in 0..<count { _ = Glibc.send(descriptor, &byte, 1, 0) }
        return Double(DispatchTime.now().uptimeNanoseconds - start) / Double(count)
    }
}
