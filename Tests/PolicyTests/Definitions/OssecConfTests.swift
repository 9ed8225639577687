import Alerts
import ConfigurationTree
import Policy
import Testing

@Suite struct `An unmodified ossec_conf` {
    @Test func `of a Wazuh manager loads with notices only`() throws {
        let (policy, diagnostics) = definition(OssecConf.wazuhManager, name: "ossec.conf")
        #expect(!diagnostics.hasErrors)
        #expect(Set(diagnostics.all.map(\.severity)) == [.notice])
        let skipped = diagnostics.all.compactMap { notice in
            notice.message.hasPrefix("the section <")
                ? notice.message.split(whereSeparator: { "<>".contains($0) })[1] : nil
        }
        #expect(
            skipped == [
                "alerts", "logging", "remote", "rootcheck", "wodle", "sca", "vulnerability-detection", "indexer",
                "syscheck",
                "localfile", "ruleset", "rule_test", "auth", "cluster", "integration", "labels",
            ])
        #expect(diagnostics.all.count == skipped.count + 1, "and one for the options of <global>")
        #expect(
            policy.commands.map(\.name) == [
                "disable-account", "restart-wazuh", "firewall-drop", "host-deny", "route-null", "win_route-null",
                "netsh",
            ])
        #expect(policy.commands.filter { !$0.timeoutAllowed }.map(\.name) == ["restart-wazuh"])
        let response = try #require(policy.responses.first)
        #expect(policy.responses.map(\.name) == ["firewall-drop", "disable-account", "host-deny"])
        #expect(response.location == .local)
        #expect(response.ruleIDs == ["5763", "5712"])
        #expect(response.timeout == .seconds(180))
        #expect(policy.responses[1].groups == .pattern("authentication_failed|authentication_failures"))
        #expect(policy.responses[1].level == 10)
        #expect(policy.responses[2].disabled)
        #expect(policy.whiteList.contains(try #require(IPAddress("10.0.2.3"))) != nil)
        #expect(policy.whiteList.name(matching: "localhost.localdomain") != nil)
    }

    @Test func `of an OSSEC server loads with notices only`() throws {
        let (policy, diagnostics) = definition(OssecConf.ossecServer, name: "ossec.conf")
        #expect(!diagnostics.hasErrors)
        #expect(Set(diagnostics.all.map(\.severity)) == [.notice])
        #expect(
            policy.commands.map(\.executable) == [
                "host-deny.sh", "firewall-drop.sh", "disable-account.sh", "restart-ossec.sh",
            ])
        #expect(policy.commands.map(\.expect) == [.sourceAddress, .sourceAddress, .user, []])
        #expect(policy.responses.map(\.name) == ["host-deny", "firewall-drop"])
        #expect(policy.responses.map(\.level) == [6, 6])
        #expect(policy.responses.map(\.timeout) == [.seconds(600), .seconds(600)])
        #expect(policy.whiteList.contains(try #require(IPAddress("192.168.2.1"))) != nil)
    }

    @Test func `of any kind with one damaged byte neither crashes nor loads silently wrong`() {
        let good = Array(OssecConf.wazuhManager.utf8)
        for _ in 0..<200 {
            var bytes = good
            bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0x20...0x7E)
            let diagnostics = Diagnostics()
            let sections = ConfigurationFile.parse(bytes, name: "f", format: .xml, diagnostics: diagnostics)
                .sections(named: PolicyDefinition.sectionNames, diagnostics: diagnostics)
            let policy = PolicyDefinition(sections: sections, diagnostics: diagnostics)
            let isWhole = policy.commands.count == 7 && policy.responses.count == 3
            #expect(isWhole || !diagnostics.lines.isEmpty)
        }
    }
}
