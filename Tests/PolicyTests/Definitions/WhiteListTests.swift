import Alerts
import ConfigurationTree
import Policy
import Testing

@Suite struct `White list` {
    private func list(_ entries: String...) throws -> WhiteList {
        var list = WhiteList()
        for entry in entries { try list.insert(entry) }
        return list
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("10.0.0.0/8", "10.255.0.1"), ("192.168.0.0/255.255.0.0", "192.168.7.7"),
        ("10.0.0.1", "::ffff:10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8::1", "2001:0DB8:0::0001"),
        ("2001:db8::/32", "2001:db8:ffff::1"), ("0.0.0.0/0", "203.0.113.9"),
    ])
    func `addresses and networks are compared as addresses`(entry: String, text: String) throws {
        let list = try list("172.16.0.0/12", entry)
        #expect(try list.contains(address(text)) == IPNetwork(entry))
    }

    @Test(arguments: [
        ("10.0.0.5", "10.0.0.55"), ("10.0.0.0/8", "110.0.0.5"), ("::1", "2001:db8::1"),
        ("2001:db8::/32", "2001:db9::1"),
        ("0.0.0.0/0", "2001:db8::1"),
    ])
    func `an address that only looks similar is not covered`(entry: String, text: String) throws {
        let list = try list(entry)
        #expect(try list.contains(address(text)) == nil)
        #expect(list.name(matching: text) == nil)
    }

    @Test(arguments: [
        ("localhost", "my.LOCALHOST.lan", true), ("^localhost.localdomain$", "localhost.localdomain", true),
        ("^localhost.localdomain$", "x.localhost.localdomain", false), ("^web", "web01", true),
        ("^web", "myweb", false),
        (".example.com$", "a.Example.com", true), (".example.com$", "a.example.com.evil", false),
        ("^a$|b", "xbx", true), ("^a$|b", "aa", false), ("^10.20.", "10.20.3.4", true),
        ("^10.20.", "110.20.3.4", false),
        ("scanner", "", false),
    ])
    func `names are compared with the text`(pattern: String, text: String, matches: Bool) throws {
        #expect((try list(pattern).name(matching: text) != nil) == matches)
    }

    @Test(arguments: [
        "10.0.0.0/33", "300.1.1.1", "10.0.0", "10.0.0.0/255.0.255.0", "10.0.0.1/", "1.2.3.4.5", "2001:db8::/129", "::g",
        "fe80::1%eth0", "1:2:3", "a|", "|", "^", "$", "^$", "a||b", "!10.0.0.1", "!host", "*.example.com", "host name",
        "010.0.0.1", "",
    ])
    func `what is neither an address nor a name is refused`(entry: String) {
        #expect(throws: WhiteList.InvalidEntry.self) { try list(entry) }
    }

    @Test func `entries accumulate over roots, elements and lists`() throws {
        let (policy, diagnostics) = definition(
            """
            <ossec_config><global><white_list>127.0.0.1</white_list></global></ossec_config>
            <edr_config><global>
              <allow_list>10.0.0.0/8, ::1</allow_list>
              <white_list>^trusted.example.com$</white_list>
              <agent_match>id</agent_match>
            </global></edr_config>
            """)
        #expect(diagnostics.lines == [])
        #expect(policy.agentMatch == .id)
        for text in ["127.0.0.1", "10.1.1.1", "::1"] {
            #expect(try policy.whiteList.contains(address(text)) != nil)
        }
        #expect(policy.whiteList.name(matching: "trusted.example.com") != nil)
    }

    @Test func `an invalid entry is an error with its place`() {
        #expect(
            definition(
                edr("<global>\n<white_list>10.0.0.1</white_list>\n<white_list> 10.0.0.0/33</white_list></global>")
            )
            .diagnostics.lines == [
                "f.conf:4:14: error: (1237): Invalid ip address: '10.0.0.0/33'. In white_list: expected an address such "
                    + "as 10.0.0.1 or 2001:db8::1, or a network such as 10.0.0.0/8"
            ])
        #expect(
            definition(edr("<global><white_list/><agent_match>ip</agent_match></global>")).diagnostics.all.map(
                \.message)
                == [
                    "(1235): Invalid value for element 'white_list': ''. It is empty; give a value or remove it",
                    "(1235): Invalid value for element 'agent_match': 'ip'. Expected name, id; did you mean 'id'?",
                ])
    }

    @Test func `an empty list allows nothing`() throws {
        let (policy, diagnostics) = definition("global: {white_list: []}", as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(policy.whiteList.isEmpty)
        #expect(try policy.whiteList.contains(address("127.0.0.1")) == nil)
        #expect(policy.whiteList.name(matching: "") == nil)
    }
}
