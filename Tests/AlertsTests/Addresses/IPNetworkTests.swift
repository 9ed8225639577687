import Alerts
import Testing

struct IPNetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ("10.1.2.3/8", "10.0.0.0/8", "10.0.0.0", "9.255.255.255"),
        ("198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100.8"),
        ("198.51.100.7/32", "198.51.100.7", "::ffff:198.51.100.7", "198.51.100.6"),
        ("192.168.0.0/255.255.0.0", "192.168.0.0/16", "192.168.255.1", "192.169.0.0"),
        ("0.0.0.0/0", "0.0.0.0/0", "255.255.255.255", "::1"), ("1.2.3.4/0.0.0.0", "0.0.0.0/0", "9.9.9.9", "::"),
        ("2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("::/0", "::/0", "ffff::", "1.2.3.4"),
        ("::1", "::1", "::1", "::2"), ("2001:db8::7f/121", "2001:db8::/121", "2001:db8::7f", "2001:db8::80"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8", "10.9.9.9", "11.0.0.0"),
        ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1", "::1"),
        ("128.0.0.0/1", "128.0.0.0/1", "255.0.0.1", "127.255.255.255"),
    ])
    func `a network contains its addresses and no others`(
        text: String, description: String, inside: String, outside: String
    ) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.description == description)
        #expect(network.contains(try #require(IPAddress(inside))))
        #expect(!network.contains(try #require(IPAddress(outside))))
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8",
        "10.0.0.0/255.0.255.0", "10.0.0.0/0.0.0.255", "::/129", "2001:db8::/255.255.0.0", "::ffff:10.0.0.0/95",
        "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/255.0.0.0", "10.0.0.0 /8", "10.0.0.0/8 ", "10.0.0.0/1000", "a/8",
        "10.0.0.0/٨",
    ])
    func `what is no network is refused`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `the same range written differently is the same network`() {
        #expect(IPNetwork("10.1.1.1/8") == IPNetwork("10.0.0.0/255.0.0.0"))
        #expect(IPNetwork("10.0.0.0/8") != IPNetwork("10.0.0.0/9"))
    }
}
