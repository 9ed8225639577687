import Foundation
import Testing

@testable import Alerts

/// Alerts as OSSEC 3.x writes them.
enum OSSECSamples {
    static let web =
        #"{"rule":{"level":6,"comment":"Common web attack.","sidid":31104,"firedtimes":3,"group":"web,accesslog,attack,","groups":["web","accesslog","attack"]},"id":"1795252800.918273","TimeStamp":1.795253e+12,"decoder":"web-accesslog","protocol":"GET","srcip":"198.51.100.77","location":"(web-03) 192.0.2.13->/var/log/nginx/access.log","full_log":"GET /?id=\"1\" \\ \u00fc HTTP/1.1","hostname":"web-03","program_name":"nginx","status":"404","url":"/?id=1","decoder":{"fts":32,"name":"web-accesslog"},"agent_name":"web-03","agentip":"192.0.2.13","timestamp":"2026 Nov 21 09:20:00","logfile":"/var/log/nginx/access.log"}"#
    static let local =
        #"{"rule":{"level":10,"comment":"Multiple authentication failures.","sidid":5720,"group":"syslog,sshd,authentication_failures,pci_dss_10.2.4,"},"id":"1795252801.5","TimeStamp":1795252801250,"decoder":"sshd","decoder_parent":"sshd","srcip":"198.51.100.78","dstuser":"root","srcuser":"eve","systemname":"soc","location":"/var/log/auth.log","full_log":"Failed password","previous_output":"Failed password\nFailed password","decoder_desc":{"name":"sshd"}}"#
    static let syscheck =
        #"{"rule":{"level":7,"comment":"Integrity checksum changed.","sidid":550,"group":"ossec,syscheck,"},"id":"1795252802.9","TimeStamp":1795252802000,"decoder":"syscheck_integrity_changed","location":"(file-08) any->syscheck","full_log":"Integrity checksum changed for: '/etc/hosts'","SyscheckFile":{"path":"/etc/hosts","md5_before":"0cc175b9","md5_after":"92eb5ffe","perm_before":33188,"perm_after":33261}}"#
    static let windows =
        #"{"rule":{"level":5,"comment":"Logon failure.","sidid":18130,"group":"windows,"},"id":"1795252803.1","decoder":"windows","status":"AUDIT_FAILURE","dstuser":"Müller","systemname":"DC-01.example","location":"(dc-01) 192.0.2.21->WinEvtLog","full_log":"WinEvtLog: Security","extra_data":"Security"}"#

    static let all = [web, local, syscheck, windows]
}

/// What a line of OSSEC's becomes.
private func translated(_ text: String, host: String = "soc-mgr") throws -> Alert {
    try translated(Array(text.utf8), host: host)
}

private func translated(_ line: [UInt8], host: String = "soc-mgr") throws -> Alert {
    try line.withUnsafeBytes { line in
        var scanner = AlertScanner()
        return try Alert(try scanner.scan(line, as: .ossec), line: line, host: host)
    }
}

private func ossecError(_ text: String) -> AlertError? {
    do {
        _ = try translated(text)
        return nil
    } catch {
        return error as? AlertError
    }
}

struct OSSECAlertTests {
    @Test func `an agent's alert becomes what Wazuh would write`() throws {
        let alert = try translated(OSSECSamples.web)
        #expect(
            String(decoding: alert.json, as: UTF8.self)
                == #"{"timestamp":"2026-11-21T09:20:00.000+0000","rule":{"level":6,"description":"Common web attack.","id":"31104","firedtimes":3,"groups":["web","accesslog","attack"]},"agent":{"name":"web-03","ip":"192.0.2.13"},"manager":{"name":"soc-mgr"},"id":"1795252800.918273","full_log":"GET /?id=\"1\" \\ \u00fc HTTP/1.1","predecoder":{"program_name":"nginx","hostname":"web-03"},"decoder":{"name":"web-accesslog"},"data":{"protocol":"GET","srcip":"198.51.100.77","status":"404","url":"/?id=1"},"location":"/var/log/nginx/access.log"}"#
        )
        #expect(alert.rule == RuleFacts(id: "31104", level: 6, groups: ["web", "accesslog", "attack"]))
        #expect(alert.raisedAt == 1_795_252_800_000)
        #expect(alert.agentID == nil)
        #expect(alert.sourceAddressTexts == ["198.51.100.77"])
        #expect(alert.filename == "/var/log/nginx/access.log")
    }

    @Test func `an alert without an agent in its location is the manager's own`() throws {
        let alert = try translated(OSSECSamples.local)
        #expect(alert.agentID == "000")
        #expect(alert.agentName == "soc-mgr")
        #expect(alert.agentIP == nil)
        #expect(alert.managerName == "soc-mgr")
        #expect(alert.timestamp == "2026-11-21T09:20:01.250+0000")
        #expect(alert.groupText == "syslog,sshd,authentication_failures,pci_dss_10.2.4,")
        #expect(alert.user == "root")
        #expect(alert.text(at: "data.srcuser") == "eve")
        #expect(alert.text(at: "data.system_name") == "soc")
        #expect(alert.text(at: "decoder.parent") == "sshd")
        #expect(alert.text(at: "decoder.name") == "sshd")
        #expect(alert.text(at: "previous_output") == "Failed password\nFailed password")
        #expect(alert.location == "/var/log/auth.log")
    }

    @Test func `syscheck's file goes along with what changed`() throws {
        let alert = try translated(OSSECSamples.syscheck)
        #expect(alert.agentName == "file-08")
        #expect(alert.agentIP == nil)
        #expect(alert.filename == "/etc/hosts")
        #expect(alert.text(at: "syscheck.md5_after") == "92eb5ffe")
        #expect(alert.text(at: "syscheck.perm_after") == "33261")
        #expect(alert.location == "syscheck")
        #expect(alert.text(at: "data") == nil)
    }

    @Test func `a Windows event names its user, and all that its decoder found is data`() throws {
        let alert = try translated(OSSECSamples.windows)
        #expect(alert.user == "Müller")
        #expect(alert.agentName == "dc-01")
        #expect(alert.filename == nil)
        #expect(alert.text(at: "data.status") == "AUDIT_FAILURE")
        #expect(alert.text(at: "data.extra_data") == "Security")
        // There is no TimeStamp: the seconds of the id.
        #expect(alert.timestamp == "2026-11-21T09:20:03.000+0000")
    }

    @Test func `the same line is the same alert whenever it is read`() throws {
        for sample in OSSECSamples.all {
            #expect(try translated(sample).json == translated(sample + " \r\n").json)
            #expect(try translated(sample).identity == translated(sample).identity)
            let others = try OSSECSamples.all.filter { $0 != sample }.map { try translated($0).identity }
            #expect(!others.contains(try translated(sample).identity))
        }
    }

    @Test func `what the scanner says of the rule is what the alert says`() throws {
        for sample in OSSECSamples.all {
            let facts = try Array(sample.utf8).withUnsafeBytes { line in
                var scanner = AlertScanner()
                return try scanner.scan(line, as: .ossec).ruleFacts(in: line)
            }
            #expect(try translated(sample).rule == facts)
        }
    }

    @Test(arguments: [
        ("/var/log/auth.log", OSSECOrigin.Writer.manager, "/var/log/auth.log"),
        ("192.0.2.50", .manager, "192.0.2.50"),
        ("soc->syscheck", .manager, "soc->syscheck"),
        ("(a b) 2001:db8::7->/x->y", .agent(name: "a b", address: "2001:db8::7"), "/x->y"),
        ("(a) any->syscheck", .agent(name: "a", address: nil), "syscheck"),
        ("(a) 192.0.2.1->", .agent(name: "a", address: "192.0.2.1"), ""),
        ("(a) ->x", .agent(name: "a", address: nil), "x"),
        ("() 192.0.2.1->x", .manager, "() 192.0.2.1->x"),
        ("(a)192.0.2.1->x", .manager, "(a)192.0.2.1->x"),
        ("(a->b) 192.0.2.1->x", .manager, "(a->b) 192.0.2.1->x"),
        ("(a) 192.0.2.1", .manager, "(a) 192.0.2.1"),
        ("(", .manager, "("), ("->", .manager, "->"), ("", .manager, ""),
    ]) func `a location names the agent or none`(_ location: String, _ writer: OSSECOrigin.Writer, _ file: String) {
        let origin = OSSECOrigin(location)
        #expect(origin.writer == writer)
        #expect(origin.file == file)
    }

    @Test(arguments: [
        ("0", "1970-01-01T00:00:00.000+0000"), ("951782400007", "2000-02-29T00:00:00.007+0000"),
        ("4107542399999", "2100-02-28T23:59:59.999+0000"), ("253402300799999", "9999-12-31T23:59:59.999+0000"),
    ]) func `a time is written as it will be read`(_ milliseconds: String, _ text: String) throws {
        let alert = try translated(#"{"rule":{"sidid":1},"id":"x","TimeStamp":\#(milliseconds)}"#)
        #expect(alert.timestamp == text)
        #expect(alert.raisedAt == Int64(milliseconds))
    }

    @Test(arguments: ["253402300800000", "-1", "1.5", "\"Fri Mar 10 16:58:09 2017\\n\"", "9999999999999999999", "null"])
    func `a time that is none is left out`(_ time: String) throws {
        let alert = try translated(#"{"rule":{"sidid":1},"id":"no.time","TimeStamp":\#(time)}"#)
        #expect(alert.timestamp == "")
        #expect(alert.raisedAt == nil)
    }
}

struct OSSECFormatTests {
    @Test func `an alert of the other format is called by its name`() {
        #expect(error(OSSECSamples.web) == .isOf(.ossec))
        #expect(ossecError(Samples.ssh) == .isOf(.wazuh))
        #expect(error(#"{"id":"1","rule":{}}"#) == .missing(.ruleID))
        #expect(ossecError(#"{"id":"1","rule":{}}"#) == .missing(.ruleSidid))
        #expect(error(#"{"id":"1","rule":{"sidid":1,"level":"x"}}"#) == .missing(.ruleID))
    }

    @Test func `where any format may come it is found out`() throws {
        for sample in Samples.all {
            #expect(try Alert(anyFormat: Array(sample.utf8), host: "soc").json == Array(sample.utf8))
        }
        #expect(try Alert(anyFormat: Array(OSSECSamples.web.utf8), host: "soc").ruleID == "31104")
        #expect(throws: AlertError.missing(.ruleID)) { try Alert(anyFormat: Array(#"{"id":"1"}"#.utf8), host: "soc") }
    }

    @Test func `with both rule ids a line is what its source says`() throws {
        let both = #"{"id":"1","rule":{"id":"7","sidid":8,"groups":["a"],"group":"b,"}}"#
        #expect(try alert(both).rule == RuleFacts(id: "7", level: 0, groups: ["a"]))
        #expect(try translated(both).rule == RuleFacts(id: "8", level: 0, groups: ["b"]))
        #expect(try Alert(anyFormat: Array(both.utf8), host: "soc").ruleID == "7")
    }

    @Test func `of members with the same key the first counts, whatever its escapes`() throws {
        let alert = try translated(
            #"{"id":"1.1","r\u0075le":{"s\u0069did":5,"sidid":6,"group":"a","group":"b","level":3,"level":15},"rule":{"sidid":9},"id":"2","srcip":"192.0.2.1","src\u0069p":"192.0.2.2","location":"(a) any->x","locatio\u006e":"(b) any->y"}"#
        )
        #expect(alert.rule == RuleFacts(id: "5", level: 3, groups: ["a"]))
        #expect(alert.id == "1.1")
        #expect(alert.sourceAddressTexts == ["192.0.2.1"])
        #expect(alert.agentName == "a")
        let later = try translated(#"{"id":"1","rule":{"sidid":5},"src\u0069p":"192.0.2.2","srcip":"192.0.2.1"}"#)
        #expect(later.sourceAddressTexts == ["192.0.2.2"])
    }

    @Test func `escapes stay, and are understood where a value is taken apart`() throws {
        let alert = try translated(
            #"{"id":"1","rule":{"sidid":5,"group":"a\u002cb,\"c\\","comment":"\ud83d\ude00"},"location":"\u0028w\u0065b\"\u0029 any-\u003e\/x\\","dstuser":"\u0000\"}"}"#
        )
        #expect(alert.groups == ["a", "b", "\"c\\"])
        #expect(alert.ruleDescription == "😀")
        #expect(alert.agentName == "web\"")
        #expect(alert.location == "/x\\")
        #expect(alert.user == "\0\"}")
        #expect(try translated(OSSECSamples.web, host: "a\"b\\\n").managerName == "a\"b\\\n")
    }

    @Test func `nothing that is no alert becomes one`() {
        #expect(ossecError(#"{"id":"1","rule":{"sidid":5}} x"#)?.kind == "not_json")
        #expect(ossecError(#"{"id":"1","rule":{"sidid":5},"srcip":"\x"}"#)?.kind == "not_json")
        #expect(ossecError(#"{"id":"1","rule":{"sidid":null}}"#) == .missing(.ruleSidid))
        #expect(ossecError(#"{"id":"1","rule":{"sidid":[5]}}"#) == .invalid(.ruleSidid))
        #expect(ossecError(#"{"id":"1","rule":{"sidid":5,"level":-1}}"#) == .invalid(.ruleLevel))
        #expect(ossecError(#"{"rule":{"sidid":5}}"#) == .missing(.id))
        #expect(ossecError("[1]") == .notAnObject)
        #expect(ossecError("") != nil)
    }

    @Test func `bytes that are not UTF-8 are repaired as in any alert`() throws {
        let line = Array(#"{"id":"1","rule":{"sidid":5},"dstuser":"a"#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(throws: AlertError.self) { try translated(line) }
        let repaired = line.withUnsafeBytes { LineRepair.wellFormed($0) }
        #expect(try translated(repaired).user == "a\u{FFFD}")
    }

    @Test func `deep and long lines are alerts as far as Wazuh's are`() throws {
        func nested(_ depth: Int) -> String {
            let (open, close) = (String(repeating: "[", count: depth), String(repeating: "]", count: depth))
            return #"{"id":"1","rule":{"sidid":5},"x":\#(open)\#(close),"srcip":"192.0.2.1"}"#
        }
        #expect(try translated(nested(999)).sourceAddressText == "192.0.2.1")
        #expect(ossecError(nested(1000))?.kind == "too_deep")
        func long(_ count: Int) -> String {
            #"{"id":"1","rule":{"sidid":5},"full_log":"\#(String(repeating: "x", count: count))","srcip":"192.0.2.1"}"#
        }
        #expect(try translated(long(1_000_000)).sourceAddressText == "192.0.2.1")
        #expect(ossecError(long((1 << 20) - 100))?.kind == "too_long")
        #expect(ossecError(long(10 << 20))?.kind == "too_long")
    }
}
