import AgentSettings
import TestSupport
import Testing

@testable import Agent

/// Where managers are known to be.
@Suite struct ManagerAddressBookTests {
    private let home: TemporaryHome
    private let servers = [
        ManagerAddress(host: "manager.example", port: 1514), ManagerAddress(host: "192.0.2.1", port: 1514),
    ]

    init() throws { home = try TemporaryHome() }

    private func open() -> ManagerAddressBook {
        ManagerAddressBook(path: home.path + "/var/manager-address", servers: servers)
    }

    @Test func `addresses of the configuration are known at once, others once they worked`() {
        let book = open()
        #expect(book.known == ["192.0.2.1"])
        #expect(!book.connected(to: "192.0.2.1"))
        #expect(book.connected(to: "192.0.2.7"))
        #expect(!book.connected(to: "192.0.2.7"))
        #expect(book.known == ["192.0.2.1", "192.0.2.7"])
    }

    @Test func `both managers are known after a failover and a restart, the last one first`() {
        let book = open()
        #expect(book.connected(to: "192.0.2.7"))
        #expect(book.connected(to: "2001:db8::8"))
        #expect(open().known == ["192.0.2.1", "2001:db8::8", "192.0.2.7"])
        #expect(!book.connected(to: "192.0.2.7"))
        #expect(open().known == ["192.0.2.1", "192.0.2.7", "2001:db8::8"])
    }

    @Test func `who was a manager once does not stay one for ever`() {
        let book = open()
        for number in 10..<30 { _ = book.connected(to: "192.0.2.\(number)") }
        let expected = ["192.0.2.1"] + (22..<30).reversed().map { "192.0.2.\($0)" }
        #expect(book.known == expected)
        #expect(open().known == expected)
    }

    @Test func `what is no address in the file is left out`() throws {
        try home.write("manager.example\n192.0.2.7\n; reboot\n192.0.2", to: "var/manager-address")
        #expect(open().known == ["192.0.2.1", "192.0.2.7"])
    }
}
