import ConfigurationTree
import Policy
import Testing

@Suite struct `Linting a policy` {
    private static let commands = """
        <command><name>ban</name><executable>ban</executable><timeout_allowed>yes</timeout_allowed></command>\
        <command><name>note</name><executable>note</executable></command>
        """
    private static let used =
        "<active-response><command>note</command><location>local</location><level>2</level></active-response>"

    /// What is found beyond what loading says, in a root where `body` begins at line 3.
    private func lint(_ body: String) -> [String] {
        let diagnostics = Diagnostics()
        let text = "<edr_config>\(Self.commands)\n\(Self.used)\n\(body)</edr_config>"
        let sections = ConfigurationFile.parse(
            Array(text.utf8), name: "f", format: .xml, diagnostics: diagnostics)
        let policy = PolicyDefinition(sections: sections, diagnostics: diagnostics)
        #expect(!diagnostics.hasErrors, "\(diagnostics.lines)")
        let loading = diagnostics.all.count
        PolicyLint(policy, sections: sections, diagnostics: diagnostics).check()
        return Array(diagnostics.lines.dropFirst(loading))
    }

    /// The same for one response with the command `ban`.
    private func lint(response options: String) -> [String] {
        lint("<active-response><command>ban</command>\n\(options)</active-response>")
    }

    private func expectOne(_ lines: [String], _ place: String, _ words: String) {
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("f:\(place): warning: ") == true, "\(lines)")
        #expect(lines.first?.contains(words) == true, "\(lines)")
    }

    @Test func `what is right is not complained about`() {
        let lines = lint(
            """
            <global><white_list>127.0.0.1</white_list><white_list>10.0.0.0/8</white_list><white_list>example</white_list></global>
            <active-response><command>ban</command><location>local</location><level>16</level><timeout>600</timeout>
            <rules_group>web|attack|^syslog</rules_group><repeated_offenders>30,60,60</repeated_offenders></active-response>
            <active-response><command>ban</command><location>local</location><level>7</level></active-response>
            <active-response><command>ban</command><location>server</location><level>16</level></active-response>
            <active-response><command>ban</command><location>defined-agent</location><agent_id>1,2</agent_id><level>9</level></active-response>
            <active-response><command>ban</command><location>defined-agent</location><agent_id>3</agent_id><level>9</level></active-response>
            """)
        #expect(lines == [])
    }

    @Test func `a level that no rule has`() {
        expectOne(
            lint(response: "<location>local</location><level>17</level>"), "4:34", "this active response never fires")
        expectOne(
            lint(response: "<location>local</location><level>17</level><rules_id>1</rules_id>"), "4:34",
            "only rules_id makes this active response fire")
    }

    @Test(arguments: ["\\.", "\\w", "x|\\S+", "\\p", "x|,$", "\\w*"])
    func `a pattern that matches everything`(pattern: String) {
        expectOne(
            lint(response: "<location>local</location><rules_group>\(pattern)</rules_group>"), "4:40",
            "matches every rule that has a group")
    }

    @Test(arguments: ["web| attack", "web |attack", "^syslog, sshd"])
    func `a pattern with blanks that no group string has`(pattern: String) {
        expectOne(
            lint(response: "<location>local</location><rules_group>\(pattern)</rules_group>"), "4:40",
            "matches nothing")
    }

    @Test func `offences that change nothing`() {
        expectOne(
            lint(response: "<location>local</location><level>3</level><repeated_offenders>30</repeated_offenders>"),
            "4:63", "never undone")
        expectOne(
            lint(
                response: "<location>local</location><level>3</level><timeout>1h</timeout>"
                    + "<repeated_offenders>30,60</repeated_offenders>"), "4:84", "none of its minutes is longer")
        expectOne(
            lint(
                response: "<location>local</location><level>3</level><timeout>60</timeout>"
                    + "<repeated_offenders>60,30</repeated_offenders>"), "4:84", "goes down from 60 to 30")
    }

    @Test func `agents that are none or there twice`() {
        expectOne(
            lint(response: "<location>defined-agent</location><agent_id>000</agent_id><level>3</level>"), "4:45",
            "runs nowhere")
        expectOne(
            lint(response: "<location>defined-agent</location><agent_id>1,001</agent_id><level>3</level>"), "4:45",
            "'001' is given twice")
    }

    @Test(arguments: [
        ("local", "local"), ("all", "any"), ("all", "server"), ("local", "all"), ("AS", "server"),
        ("defined-agent", "defined-agent"),
    ])
    func `two responses that do the same`(first: String, second: String) {
        func block(_ location: String) -> String {
            """
            <active-response><command>ban</command><location>\(location)</location><agent_id>2</agent_id>\
            <rules_id>1,2</rules_id></active-response>\n
            """
        }
        expectOne(
            lint(block(first) + block(second).replacing("1,2</rules_id>", with: "2, 1</rules_id>")), "4:1",
            "for the same alerts as 'ban' at f:3:1")
        #expect(lint(block(first) + block(second).replacing("<rules_id>1,", with: "<rules_id>3,")) == [])
    }

    @Test func `commands that nobody uses`() {
        expectOne(lint(""), "1:13", "no active response uses the command 'ban'")
        let lines = lint(response: "<location>local</location><level>3</level><disabled>yes</disabled>")
        #expect(
            lines == [
                "f:1:13: notice: only disabled active responses use the command 'ban'",
                "f:3:1: notice: the active response 'ban' is disabled and never fires; set disabled to no, or remove it",
            ])
    }

    @Test(arguments: ["0.0.0.0/0", "::/0", "0|1|2", "2001|fe|:1"])
    func `a white list of everything`(entry: String) {
        let lines = lint("<global><white_list>\(entry)</white_list></global>").filter { !$0.contains("command") }
        expectOne(lines, "3:21", "'\(entry)' white-lists every address")
    }

    @Test func `a white list entry that is there twice`() {
        let lines = lint("<global><white_list>::1</white_list><allow_list>::1</allow_list></global>")
        expectOne(lines.filter { !$0.contains("command") }, "3:49", "'::1' is white-listed twice")
    }
}
