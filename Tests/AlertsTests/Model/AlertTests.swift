import Alerts
import Foundation
import Testing

struct AlertTests {
    @Test func `an sshd alert is read as its manager wrote it`() throws {
        let alert = try alert(Samples.ssh)
        #expect(alert.id == "1744557901.918273")
        #expect(alert.timestamp == "2025-04-13T15:25:01.482+0000")
        #expect(alert.raisedAt == 1_744_557_901_482)
        #expect(alert.ruleID == "5712")
        #expect(alert.level == 10)
        #expect(alert.groups == ["syslog", "sshd", "authentication_failures"])
        #expect(alert.groupText == "syslog,sshd,authentication_failures,pci_dss_11.4,pci_dss_10.2.4,gdpr_IV_35.7.d,")
        #expect(alert.ruleDescription == "sshd: brute force trying to get access to the system.")
        #expect(alert.agentID == "003")
        #expect(alert.agentName == "web-03")
        #expect(alert.agentIP == "192.0.2.13")
        #expect(alert.managerName == "soc-mgr")
        #expect(alert.location == "/var/log/auth.log")
        #expect(alert.fullLog?.hasSuffix("port 40114 ssh2") == true)
        #expect(alert.sourceAddressText == "198.51.100.77")
        #expect(alert.user == nil, "srcuser is never the user")
        #expect(alert.filename == "/var/log/auth.log")
        #expect(alert.json == Array(Samples.ssh.utf8))
    }

    @Test func `a file integrity alert names its file`() throws {
        let alert = try alert(Samples.syscheck)
        #expect(alert.filename == "/etc/hosts")
        #expect(alert.sourceAddressText == nil)
        #expect(alert.groupText == "ossec,syscheck,")
    }

    @Test func `a Windows alert gives its event's address, and all tags are rebuilt`() throws {
        let alert = try alert(Samples.windows)
        #expect(alert.sourceAddressText == "::ffff:203.0.113.9")
        #expect(alert.filename == nil)
        #expect(
            alert.groupText
                == "windows,authentication_failed,gpg13_7.1,hipaa_164.312.b,nist_800_53_AU.14,tsc_CC6.1,cis_1.1,")
        #expect(alert.raisedAt == 1_769_859_296_789)
        #expect(
            alert.text(at: "data.win.system.message") == "\"Ein Konto konnte nicht angemeldet werden.\r\nÜber: 😀\"")
    }

    @Test func `a path gives strings, numbers and booleans, and nothing else`() throws {
        let alert = try alert(Samples.windows)
        #expect(alert.text(at: "data.win.eventdata.targetUserName") == "Müller")
        #expect(alert.text(at: "data.win.eventdata.keyLength") == "0")
        #expect(alert.text(at: "data.win.eventdata.elevated") == "true")
        #expect(alert.text(at: "rule.level") == "5")
        for path in [
            "data.win.eventdata.nothing", "data.win.eventdata", "rule.groups", "data.win.eventdata.IPADDRESS",
            "data.win.none", "", ".",
            "data.", ".data", "data..win", "ip", "agent.id.x", "id.", "rule.mitre.id",
        ] {
            #expect(alert.text(at: path) == nil, "\(path)")
        }
    }

    /// Each leaf that Foundation finds, ours finds with the same text.
    @Test(arguments: Samples.all)
    func `every leaf of a sample is found by its path`(sample: String) throws {
        let alert = try alert(sample)
        var leaves = 0
        func check(_ value: Any, _ path: String) {
            if let object = value as? [String: Any] {
                for (key, inner) in object { check(inner, path.isEmpty ? key : "\(path).\(key)") }
            } else if let text = value as? String {
                #expect(alert.text(at: path) == text)
                leaves += 1
            }
        }
        check(try JSONSerialization.jsonObject(with: Data(sample.utf8)), "")
        #expect(leaves > 10)
    }

    @Test func `the user is dstuser before user, and a dash is nobody`() throws {
        func user(_ data: String) throws -> String? {
            try alert(#"{"id":"1","rule":{"id":"1"},"data":{\#(data)}}"#).user
        }
        #expect(try user(#""user":"bob","dstuser":"eve","srcuser":"mallory""#) == "eve")
        #expect(try user(#""user":"bob","srcuser":"mallory""#) == "bob")
        #expect(try user(#""dstuser":"-","user":"bob""#) == "bob")
        #expect(try user(#""dstuser":"","user":"-""#) == nil)
        #expect(try user(#""srcuser":"mallory""#) == nil)
        #expect(try user(#""dstuser":{"name":"eve"}"#) == nil)
    }

    @Test func `addresses are found in their order`() throws {
        let alert = try alert(
            #"{"id":"1","rule":{"id":"1"},"data":{"win":{"eventdata":{"destinationIp":"192.0.2.3","ipAddress":"192.0.2.2"}},"srcip":"192.0.2.1"}}"#
        )
        #expect(alert.sourceAddressTexts == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        let local = try Alert(
            json: Array(
                #"{"id":"1","rule":{"id":"1"},"data":{"win":{"eventdata":{"ipAddress":"-","destinationIp":"192.0.2.3"}}}}"#
                    .utf8))
        #expect(local.sourceAddressText == "192.0.2.3")
    }

    @Test func `an alert over several lines is kept on one`() throws {
        let text = "\r\n{\"id\":\n\"1\",\r\n \"rule\": {\"id\": 7,\n\"level\":3}}\n"
        let alert = try alert(text)
        #expect(String(decoding: alert.json, as: UTF8.self) == "{\"id\": \"1\",   \"rule\": {\"id\": 7, \"level\":3}}")
        #expect(alert.ruleID == "7")
        #expect(alert.id == "1")
    }

    @Test func `groups may be a list with commas, and what is no text is left out`() throws {
        let list = try alert(#"{"id":"1","rule":{"id":"1","groups":"syslog,sshd,","pci_dss":"11.4"}}"#)
        #expect(list.groupText == "syslog,sshd,pci_dss_11.4,")
        let mixed = try alert(
            #"{"id":"1","rule":{"id":"1","groups":["a",null,["b",{"c":"d"}],7,{"e":[1]},"\u0066"],"tsc":[1.5]}}"#)
        #expect(mixed.groupText == "a,7,f,tsc_1.5,")
        #expect(try alert(#"{"id":"1","rule":{"id":"1","groups":{}}}"#).groupText == "")
    }

    @Test func `a minimal alert has no more than its ids`() throws {
        let alert = try alert(#"{"id":"1","rule":{"id":"2"}}"#)
        #expect(alert.timestamp == "")
        #expect(alert.raisedAt == nil)
        #expect(alert.level == 0)
        #expect(alert.agentID == nil && alert.agentName == nil && alert.managerName == nil && alert.location == nil)
    }
}
