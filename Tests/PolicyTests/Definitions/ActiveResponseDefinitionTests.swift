import ConfigurationTree
import Policy
import Testing

@Suite struct `Active responses` {
    private static let commands = """
        <command><name>block</name><executable>block</executable><timeout_allowed>yes</timeout_allowed></command>\
        <command><name>notify</name><executable>notify</executable></command>
        """

    /// The response with these options, which begin at line 3, column 1.
    private func response(_ options: String) -> (response: ActiveResponseDefinition?, lines: [String]) {
        let (policy, diagnostics) = definition(
            edr("\(Self.commands)<active-response>\n\(options)\n</active-response>"))
        return (policy.responses.first, diagnostics.lines)
    }

    /// With command, location and level given.
    private func complete(_ options: String) -> (response: ActiveResponseDefinition?, lines: [String]) {
        response("\(options)\n<command>block</command><location>local</location><level>7</level>")
    }

    @Test func `every option is read`() {
        let (response, lines) = response(
            """
            <name>ssh</name><command>block</command><location>defined-agent</location><agent_id>001, web01</agent_id>
            <level>7</level><rules_id>5712, 31100
            5720</rules_id><rules_group>authentication_failed|attack</rules_group><timeout>10m</timeout>
            <repeated_offenders>30,60</repeated_offenders><disabled>no</disabled><mode>observe</mode><expires>2h</expires>
            <priority>7</priority>
            """)
        #expect(lines == [])
        #expect(
            response
                == ActiveResponseDefinition(
                    name: "ssh",
                    command: CommandDefinition(
                        name: "block", executable: "block", timeoutAllowed: true,
                        location: SourceLocation(file: "f.conf", line: 2, column: 1)),
                    location: .definedAgent(["001", "web01"]), level: 7, ruleIDs: ["5712", "31100", "5720"],
                    groups: .pattern("authentication_failed|attack"), timeout: .seconds(600),
                    repeatedOffenders: [30, 60], disabled: false, mode: .observe, expires: .seconds(7200),
                    priority: 7,
                    sourceLocation: SourceLocation(file: "f.conf", line: 2, column: Self.commands.count + 1)))
    }

    @Test func `a response has a white list of its own`() throws {
        let (response, lines) = complete(
            "<white_list>10.0.0.0/8, 2001:db8::1</white_list><allow_list>^scanner$</allow_list>")
        #expect(lines == [])
        let list = try #require(response?.whiteList)
        #expect(list.objection(to: "::ffff:10.1.2.3") != nil)
        #expect(list.objection(to: "2001:db8:0::1") != nil)
        #expect(list.objection(to: "scanner") != nil)
        #expect(list.objection(to: "192.0.2.1") == nil)
        #expect(complete("<white_list>10.0.0</white_list>").lines.first?.contains("(1237)") == true)
    }

    /// No agent takes an order for longer.
    @Test func `what is longer than ten years counts as that, with a warning`() throws {
        let tenYears = 10 * 365 * 86_400
        let (response, lines) = complete(
            "<timeout>1500w</timeout><repeated_offenders>1,9999999</repeated_offenders>")
        #expect(response?.timeout == .seconds(tenYears))
        #expect(response?.repeatedOffenders == [1, tenYears / 60])
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("is longer than ten years, and counts as that") })
        #expect(complete("<timeout>\(tenYears)</timeout>").lines == [])
    }

    @Test func `what is not given has its default`() throws {
        let response = try #require(complete("").response)
        #expect(response.name == "block")
        #expect(response.ruleIDs == [])
        #expect(response.groups == nil)
        #expect(response.timeout == .zero)
        #expect(response.repeatedOffenders == [])
        #expect(response.mode == .enforce)
        #expect(response.expires == .seconds(3600))
        #expect(!response.disabled)
    }

    // MARK: Command

    @Test func `responses may stand before their commands and in other roots`() {
        let (policy, diagnostics) = definition(
            "<ossec_config><active-response><command>late</command><location>all</location><level>1</level>"
                + "</active-response></ossec_config>"
                + "<edr_config><command><name>late</name><executable>l</executable></command></edr_config>")
        #expect(diagnostics.lines == [])
        #expect(policy.responses.map(\.command.executable) == ["l"])
    }

    @Test func `an unknown command is an error with a suggestion`() {
        let (response, lines) = response("<command>blok</command><location>local</location><level>7</level>")
        #expect(response == nil)
        #expect(
            lines == [
                "f.conf:3:10: error: (1303): Invalid command 'blok' in the active response. There is no <command> of "
                    + "that name; did you mean 'block'?"
            ])
    }

    @Test func `a command with errors of its own is not unknown`() {
        let (_, diagnostics) = definition(
            edr(
                "<command><name>c</name></command>\n<active-response><command>c</command><location>all</location><level>1</level></active-response>"
            ))
        #expect(diagnostics.all.map { $0.message.prefix(6) } == ["(1280)"])
    }

    @Test(arguments: [
        ("<level>7</level>", "command and location (local, server, defined-agent or all)"),
        ("<command>block</command><level>7</level>", "location (local, server, defined-agent or all)"),
        ("<location>all</location><level>7</level>", "command"),
        (
            "<level>7</level><repeated_offenders>30</repeated_offenders>",
            "command and location (local, server, defined-agent or all)"
        ),
    ])
    func `a missing command or location is an error`(options: String, missing: String) {
        #expect(
            response(options).lines == [
                "f.conf:2:\(Self.commands.count + 1): error: (1281): Missing options in the active response "
                    + "configuration. <active-response> needs \(missing)"
            ])
    }

    // MARK: Location

    @Test(arguments: [
        ("local", ResponseLocation.local), ("LOCAL", .local), ("server", .server), ("AS", .server),
        ("Analysis-Server", .server), ("analysisd", .server), ("all", .all), ("Any", .all),
    ])
    func `locations are whole words in any letter case`(text: String, location: ResponseLocation) {
        let (response, lines) = response("<command>block</command><location>\(text)</location><level>7</level>")
        #expect(lines == [])
        #expect(response?.location == location)
    }

    @Test(arguments: ["company", "fast", "manager", "agent", "local,server", "", "locl"])
    func `anything else is an invalid location`(text: String) {
        let lines = response("<command>block</command><location>\(text)</location><level>7</level>").lines
        let suggestion = text == "locl" ? "; did you mean 'local'?" : ""
        #expect(
            lines == [
                "f.conf:3:35: error: (1302): Invalid active response location: '\(text)'. Expected one of local, "
                    + "server, defined-agent, all\(suggestion)"
            ])
    }

    @Test(arguments: [
        ("<agent_id>002</agent_id>", ["002"]), ("<agent_id>2</agent_id>", ["002"]),
        ("<agent_id>web01,0007, 12</agent_id>", ["web01", "0007", "012"]),
    ])
    func `defined-agent takes ids and names`(option: String, agents: [String]) {
        let (response, lines) = response(
            "<command>block</command><location>defined-agent</location><level>7</level>\(option)")
        #expect(lines == [])
        #expect(response?.location == .definedAgent(agents))
    }

    @Test func `defined-agent without agents is an error`() {
        #expect(
            response("<command>block</command><location>defined-agent</location><level>7</level>").lines == [
                "f.conf:3:35: error: (1304): No agent defined for response. Location defined-agent needs agent_id: ids "
                    + "or names, separated by commas"
            ])
        #expect(
            response("<command>block</command><location>defined-agent</location><level>7</level><agent_id/>").lines
                .map { $0.contains("error: (1235): Invalid value for element 'agent_id': ''") } == [true])
    }

    @Test func `the manager is no defined agent`() {
        let (response, lines) = response(
            "<command>block</command><location>defined-agent</location><level>7</level><agent_id>0,003</agent_id>")
        #expect(response?.location == .definedAgent(["003"]))
        #expect(lines.map { $0.contains("warning: (1306)") } == [true])
    }

    @Test func `agent_id elsewhere has no effect, with a warning`() {
        #expect(
            complete("<agent_id>001</agent_id>").lines == [
                "f.conf:3:1: warning: agent_id has no effect with location local; it belongs to defined-agent"
            ])
    }

    // MARK: Conditions

    @Test(arguments: ["-1", "21", "abc", "", "7.5"])
    func `levels are whole numbers from 0 to 20`(level: String) {
        #expect(
            response("<level>\(level)</level><command>block</command><location>local</location>").lines == [
                "f.conf:3:8: error: (1235): Invalid value for element 'level': '\(level)'. Expected a whole number from "
                    + "0 to 20"
            ])
    }

    @Test func `level 0 is no condition, as with Wazuh`() {
        let (response, lines) = response(
            "<level>0</level><rules_id>1</rules_id><command>block</command><location>local</location>")
        #expect(lines == [])
        #expect(response?.level == nil)
    }

    @Test(arguments: ["", "<level>0</level>"])
    func `a response without a condition gets a warning`(options: String) {
        let (response, lines) = response("\(options)<command>block</command><location>local</location>")
        #expect(response != nil)
        #expect(
            lines == [
                "f.conf:2:\(Self.commands.count + 1): warning: this <active-response> never fires: it has no level, "
                    + "rules_id or rules_group"
            ])
    }

    @Test(arguments: [
        ("5712", ["5712"]), ("5712, 5720", ["5712", "5720"]), ("5712 5720", ["5712", "5720"]),
        ("5712,\n5720,", ["5712", "5720"]), ("005712", ["5712"]),
    ])
    func `rule ids are digits with commas or blanks between`(text: String, ids: [String]) {
        let (response, lines) = complete("<rules_id>\(text)</rules_id>")
        #expect(lines == [])
        #expect(response?.ruleIDs == ids)
    }

    @Test(arguments: ["5712;31100", "5712-5720", "sshd", "-5", "5712,x"])
    func `what is no list of rule ids is an error and not cut`(text: String) {
        let lines = complete("<rules_id>\(text)</rules_id>").lines
        let word = text == "5712,x" ? "x" : text
        #expect(
            lines == [
                "f.conf:3:11: error: (1235): Invalid value for element 'rules_id': '\(text)'. Expected rule ids such as "
                    + "5712,31100 (digits, separated by commas), and '\(word)' is none"
            ])
    }

    @Test(arguments: [
        ("attack", GroupCondition.pattern("attack")),
        ("authentication_failed|attack", .pattern("authentication_failed|attack")),
        ("syslog,|sshd,", .pattern("syslog,|sshd,")),
        ("web,attack", .names(["web", "attack"])),
        ("web, attack ,", .names(["web", "attack"])),
        ("pci_dss_11.4", .pattern("pci_dss_11.4")),
    ])
    func `a text with commas alone is a list of names, any other a pattern`(text: String, groups: GroupCondition) {
        let (response, lines) = complete("<rules_group>\(text)</rules_group>")
        #expect(lines == [])
        #expect(response?.groups == groups)
    }

    @Test(arguments: ["", " ", ",", " , ", "a|", "|a", "a||b", "|", "a| |b", "^", "a|^$"])
    func `a group condition that would match everything is an error`(text: String) {
        let (response, lines) = complete("<rules_group>\(text)</rules_group>")
        #expect(response?.groups == nil)
        #expect(lines.map { $0.contains("error: (1235): Invalid value for element 'rules_group'") } == [true])
    }

    @Test(arguments: [#"^syslog"#, #"sshd,$"#, #"auth\w+|x"#, #"a\|"#])
    func `patterns are the peers' regular expressions`(text: String) {
        let (response, lines) = complete("<rules_group>\(text)</rules_group>")
        #expect(lines == [])
        #expect(response?.groups == .pattern(text))
    }

    @Test func `a pattern that is none is an error`() {
        #expect(
            complete(#"<rules_group>auth\x</rules_group>"#).lines.map {
                $0.hasPrefix(
                    #"f.conf:3:14: error: (1235): Invalid value for element 'rules_group': 'auth\x'. '\x' means"#)
            } == [true])
    }

    @Test func `YAML lists are ids and whole names`() {
        let (policy, diagnostics) = definition(
            """
            command: [{name: c, executable: x}]
            active-response:
              - {command: c, location: all, rules_id: [5712, 31100], rules_group: [web, attack]}
              - {command: c, location: defined-agent, agent_id: [1, web01], rules_id: 1, rules_group: web}
            """, as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(policy.responses.map(\.ruleIDs) == [["5712", "31100"], ["1"]])
        #expect(policy.responses.map(\.groups) == [.names(["web", "attack"]), .pattern("web")])
        #expect(policy.responses.last?.location == .definedAgent(["001", "web01"]))
    }

    @Test(arguments: [
        "rules_group: []", "rules_group: ", "rules_group: ['']", "rules_group: [a|b]", "rules_group: [~]",
        "rules_group: [{a: b}]", "rules_id: []", "rules_id: [x]",
    ])
    func `empty and crooked YAML lists are errors`(option: String) {
        let (_, diagnostics) = definition(
            "command: [{name: c, executable: x}]\nactive-response:\n  - {command: c, location: all, level: 3, \(option)}\n",
            as: .yaml)
        #expect(diagnostics.all.count == 1)
        #expect(diagnostics.hasErrors)
        #expect(diagnostics.all.first?.location?.line == 3)
    }

    // MARK: Times

    @Test(arguments: ["10 minutes", "abc", "-5", "", "1.5h"])
    func `a timeout that is no duration is an error`(timeout: String) {
        #expect(
            complete("<timeout>\(timeout)</timeout>").lines.map {
                $0.hasPrefix(
                    "f.conf:3:10: error: (1235): Invalid value for element 'timeout': '\(timeout)'. Expected seconds")
            } == [true])
    }

    @Test func `a timeout that the command does not allow is 0, with a warning`() {
        let (response, lines) = response(
            "<timeout>600</timeout><command>notify</command><location>local</location><level>7</level>")
        #expect(response?.timeout == .zero)
        #expect(
            lines == [
                "f.conf:3:10: warning: (1305): Timeout not allowed for command: 'notify'. The response is never undone; "
                    + "set timeout_allowed to yes in the command if its script knows 'delete'"
            ])
        #expect(
            self.response("<timeout>0</timeout><command>notify</command><location>local</location><level>7</level>")
                .lines == [])
    }

    @Test(arguments: [
        "<expires>0</expires>", "<expires>never</expires>", "<mode>Observe</mode>", "<mode>off</mode>",
        "<repeated_offenders>30,x</repeated_offenders>", "<repeated_offenders/>", "<disabled>maybe</disabled>",
        "<rule_id>5712</rule_id>", "<decoder>sshd</decoder>", "<name></name>",
    ])
    func `unusable values and unknown options are errors with their place`(option: String) {
        let lines = complete(option).lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("f.conf:3:") == true)
        #expect(lines.first?.contains("error: (123") == true)
    }

    // MARK: Disabled blocks and the agent's form

    @Test func `a disabled response is kept and not checked for its command`() {
        let (policy, diagnostics) = definition(
            edr(
                """
                <active-response><disabled>yes</disabled><command>none</command><location>nowhere</location><level>3</level></active-response>
                <active-response><disabled>yes</disabled><level>3</level></active-response>
                <active-response><disabled>yes</disabled><disabled>no</disabled><location>defined-agent</location></active-response>
                """))
        #expect(!diagnostics.hasErrors)
        #expect(policy.responses.map(\.disabled) == [true, true, true])
        #expect(policy.responses.map(\.name) == ["none", "unnamed", "unnamed#2"])
        #expect(policy.responses.first?.command.name == "none")
    }

    @Test func `the agent's form is legal and no response`() {
        let (policy, diagnostics) = definition(
            """
            <ossec_config>
              <active-response>
                <disabled>no</disabled>
                <ca_store>etc/wpk_root.pem</ca_store>
                <repeated_offenders>30,60,120</repeated_offenders>
              </active-response>
            </ossec_config>
            """)
        #expect(policy.responses == [])
        #expect(policy.managerRepeatedOffenders == [30, 60, 120])
        #expect(
            diagnostics.lines == [
                "f.conf:2:3: notice: options of Wazuh or OSSEC in <active-response> are skipped: ca_store",
                "f.conf:2:3: notice: this <active-response> names no command: it is an agent's and is no response here",
            ])
    }

    // MARK: Names

    @Test func `names are given, else the command's, and unique`() {
        func block(_ options: String) -> String {
            "<active-response>\(options)<location>local</location><level>7</level></active-response>\n"
        }
        let (policy, diagnostics) = definition(
            edr(
                Self.commands + block("<command>block</command>") + block("<command>notify</command>")
                    + block("<command>block</command>") + block("<name>block#2</name><command>notify</command>")
                    + block("<command>block</command>") + block("<name>notify</name><command>block</command>")))
        #expect(diagnostics.lines == [])
        #expect(policy.responses.map(\.name) == ["block", "notify#2", "block#3", "block#2", "block#4", "notify"])
    }

    @Test func `a name given twice is an error`() {
        let block =
            "<active-response><name>n</name><command>block</command><location>local</location><level>7</level></active-response>\n"
        #expect(
            definition(edr(Self.commands + "\n" + block + block)).diagnostics.lines == [
                "f.conf:4:24: error: the name 'n' belongs to another active response already, at f.conf:3:24; give each "
                    + "its own"
            ])
    }
}
