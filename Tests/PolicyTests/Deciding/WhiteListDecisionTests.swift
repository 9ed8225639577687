import Alerts
import Policy
import Testing

struct WhiteListDecisionTests {
    private static func list(_ entries: String...) throws -> WhiteList {
        var list = WhiteList()
        for entry in entries { try list.insert(entry) }
        return list
    }

    @Test(arguments: [
        ("198.51.100.7", "198.51.100.0/24", "198.51.100.7 is white-listed by 198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.7 is white-listed by 198.51.100.7"),
        ("2001:0db8::0001", "2001:db8::/32", "2001:db8::1 is white-listed by 2001:db8::/32"),
        ("host.example.com", "example.com$", #""host.example.com" is white-listed by the name example.com$"#),
        ("::ffff:10.0.0.1", "^10.0.0.", #""::ffff:10.0.0.1" is white-listed by the name ^10.0.0."#),
    ])
    func `a source on the white list stops every response`(source: String, entry: String, expected: String) throws {
        let alert = try alert(data: #""srcip":"\#(source)","dstuser":"eve""#)
        for expect in [[], .user] as [ExpectedFields] {
            #expect(reason(response(expect: expect, level: 1), alert, whiteList: try Self.list(entry)) == expected)
        }
    }

    @Test func `the address of a Windows event is looked up as well`() throws {
        let list = try Self.list("10.0.0.0/8")
        for key in ["ipAddress", "destinationIp"] {
            let event = try alert(data: #""win":{"eventdata":{"\#(key)":"10.1.2.3"}}"#)
            #expect(reason(response(level: 1), event, whiteList: list) == "10.1.2.3 is white-listed by 10.0.0.0/8")
            // A script that prefers the event's address would act on it.
            let both = try alert(data: #""srcip":"198.51.100.7","win":{"eventdata":{"\#(key)":"10.1.2.3"}}"#)
            #expect(reason(response(level: 1), both, whiteList: list) == "10.1.2.3 is white-listed by 10.0.0.0/8")
        }
    }

    @Test func `what only resembles an entry is not on the list`() throws {
        let list = try Self.list("10.0.0.0/8", "::1", "^localhost$")
        for source in ["110.0.0.55", "2001:db8::1", "9.255.255.255", "::10.0.0.1"] {
            #expect(
                reason(
                    response(expect: .sourceAddress, level: 1), try alert(data: #""srcip":"\#(source)""#),
                    whiteList: list) == nil)
        }
    }

    @Test(arguments: ["198.51.100.7", "::ffff:198.51.100.7"])
    func `a response's own white list stops that response alone`(source: String) throws {
        let alert = try alert(data: #""srcip":"\#(source)""#)
        let own = response("own", level: 1, whiteList: try Self.list("198.51.100.0/24"))
        let other = response("other", level: 1, whiteList: try Self.list("10.0.0.0/8"))
        let decisions = Policy(responses: [own, other]).decide(alert, agents: enrolled)
        #expect(
            decisions.first?.outcome
                == .skipped(reason: "198.51.100.7 is white-listed by 198.51.100.0/24 of this response"))
        #expect(decisions.last?.outcome.targets == [.server])
        #expect(
            reason(own, alert, whiteList: try Self.list("198.51.100.7"))
                == "198.51.100.7 is white-listed by 198.51.100.7")
    }

    @Test func `an alert without a source is not stopped`() throws {
        #expect(reason(response(level: 1), try alert(), whiteList: try Self.list("0.0.0.0/0", "::/0")) == nil)
    }

    @Test func `a later member with the same key is no way around`() throws {
        let alert = try alert(data: #""srcip":"10.0.0.1","srcip":"198.51.100.7","\u0073rcip":"198.51.100.8""#)
        #expect(reason(response(level: 1), alert, whiteList: try Self.list("10.0.0.1")) != nil)
        let escaped = try Alert(
            json: Array(
                #"{"id":"1","rule":{"id":"1","level":5},"data":{"\u0073rcip":"10.0.0.1","srcip":"198.51.100.7"}}"#.utf8)
        )
        #expect(reason(response(level: 1), escaped, whiteList: try Self.list("10.0.0.1")) != nil)
    }
}
