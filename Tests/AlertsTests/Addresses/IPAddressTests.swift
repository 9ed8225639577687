import Alerts
import Foundation
import Testing

struct IPAddressTests {
    @Test(arguments: ["0.0.0.0", "127.0.0.1", "198.51.100.7", "255.255.255.255"])
    func `an IPv4 address is read and written back`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
        #expect(!address.isIPv6)
        #expect(address.bytes == text.split(separator: ".").compactMap { UInt8($0) })
    }

    @Test(arguments: [
        "", " ", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "01.2.3.4", "1.2.3.010", "1.2.3.256",
        "1.2.3.-4",
        "1.2.3.+4", "0x1.2.3.4", "1..3.4", ".1.2.3", "1.2.3.4/32", "1.2.3.4:80", "1.2.3.4%eth0", "١.2.3.4", "1.2.3.4\0",
        "localhost", "-", "4294967295", "1.2.3.1000",
    ])
    func `what only resembles an IPv4 address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("2001:DB8::A", "2001:db8::a"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("fe80::", "fe80::"), ("1::8", "1::8"),
        ("0:0:1::1:0:0", "::1:0:0:1:0:0"),
    ])
    func `an IPv6 address is written as RFC 5952 wants it`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isIPv6)
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(address.bytes.count == 16)
    }

    @Test(arguments: [
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g", "fe80::1%eth0", "fe80::1%1",
        "[::1]",
        "::1/128", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "::01.2.3.4",
        "::1 ",
        "0:0:0:0:0:0:0:0:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "-1::", "+1::", "::0x1",
    ])
    func `what only resembles an IPv6 address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: ["::ffff:198.51.100.7", "::FFFF:c633:6407", "0:0:0:0:0:ffff:198.51.100.7"])
    func `an IPv4-mapped address is the IPv4 address`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address == IPAddress("198.51.100.7"))
        #expect(address.description == "198.51.100.7")
        #expect(!address.isIPv6)
    }

    @Test func `other addresses with four embedded numbers stay IPv6`() {
        #expect(IPAddress("::198.51.100.7") != IPAddress("198.51.100.7"))
        #expect(IPAddress("::198.51.100.7")?.isIPv6 == true)
    }

    @Test func `loopback is known in both families`() throws {
        for text in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(IPAddress(text)).isLoopback)
        }
        for text in ["128.0.0.1", "::2", "126.255.255.255", "::127.0.0.1"] {
            #expect(try !#require(IPAddress(text)).isLoopback)
        }
    }

    /// The C library is the reference; what it reads we read alike, and nothing else.
    @Test func `random texts are read exactly as inet_pton reads them`() {
        var generator = SeededGenerator(state: 1)
        let alphabet = Array("0123456789abcdefF:.:.::%/ x".utf8)
        let seeds = [
            "198.51.100.7", "2001:db8::1", "::ffff:198.51.100.7", "1:2:3:4:5:6:7:8", "fe80::a:0:0:b", "::", "0.0.0.0",
            "1:2:3:4:5:6:255.254.253.252",
        ]
        var accepted = 0
        var disagreements: [String] = []
        for _ in 0..<20_000 {
            var bytes = Array((seeds.randomElement(using: &generator) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                case 1 where index < bytes.count: bytes.remove(at: index)
                default:
                    if index < bytes.count { bytes[index] = alphabet.randomElement(using: &generator) ?? 0 }
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let expected = Self.reference(text)
            if IPAddress(text)?.bytes != expected { disagreements.append(text) }
            if expected != nil { accepted += 1 }
        }
        #expect(disagreements == [])
        #expect(accepted > 2000)
    }

    @Test func `random addresses survive being written and read`() {
        var generator = SeededGenerator(state: 2)
        var lost: [String] = []
        for _ in 0..<5_000 {
            let groups = (0..<8).map { _ in
                Bool.random(using: &generator) ? 0 : UInt16.random(in: 0...UInt16.max, using: &generator)
            }
            let text = groups.map { String($0, radix: 16) }.joined(separator: ":")
            let address = IPAddress(text)
            if address == nil || address.flatMap({ IPAddress($0.description) }) != address { lost.append(text) }
        }
        #expect(lost == [])
    }

    private static func reference(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let isMapped = sixteen[..<10].allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
        return isMapped ? Array(sixteen[12...]) : sixteen
    }
}
