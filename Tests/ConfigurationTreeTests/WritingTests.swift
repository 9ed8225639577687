import ConfigurationTree
import Testing

@Suite struct `Writing` {
    private func yaml(_ text: String, _ format: ConfigurationFile.Format = .xml) -> String {
        TidyConfiguration(parsed(text, as: format).sections).yaml
    }

    private func xml(_ text: String, _ format: ConfigurationFile.Format = .yaml) -> String {
        TidyConfiguration(parsed(text, as: format).sections).xml
    }

    @Test func `YAML is tidy`() {
        #expect(
            yaml(
                """
                <ossec_config>
                  <command><name>ban</name><executable>ban.sh</executable><timeout_allowed>yes</timeout_allowed></command>
                  <global><white_list>::1</white_list><white_list>10.0.0.0/8</white_list><logall>yes</logall></global>
                  <active-response><command>ban</command><location>local</location><rules_id>5712, 31100</rules_id>
                  <level>3</level><level>7</level></active-response>
                </ossec_config>
                <edr_config><command><name>mail</name><executable>mail</executable><extra_args>-s "x y"</extra_args></command>
                <client><server><address>a</address></server><server><address>b</address><port>1</port></server></client>
                </edr_config>
                """) == """
                    command:
                      - name: ban
                        executable: ban.sh
                        timeout_allowed: yes
                      - name: mail
                        executable: mail
                        extra_args: ["-s", '"x', 'y"']

                    global:
                      white_list: ["::1", 10.0.0.0/8]

                    active-response:
                      - command: ban
                        location: local
                        rules_id: [5712, 31100]
                        level: 7

                    client:
                      server:
                        - address: a
                        - address: b
                          port: 1

                    """)
    }

    @Test func `XML is tidy`() {
        #expect(
            xml(
                """
                global: {white_list: [127.0.0.1, "::1"], agent_match: id}
                command:
                  - {name: "a<b>&c", executable: x, timeout_allowed: true, extra_args: [-m, two words]}
                active-response:
                  - {command: x, location: all, rules_id: [1, 2], rules_group: [web, attack], agent_id: [1, w]}
                  - {command: x, location: all, rules_group: [web], repeated_offenders: [], disabled: false}
                """) == """
                    <edr_config>
                      <global>
                        <white_list>127.0.0.1</white_list>
                        <white_list>::1</white_list>
                        <agent_match>id</agent_match>
                      </global>

                      <command>
                        <name>a&lt;b&gt;&amp;c</name>
                        <executable>x</executable>
                        <timeout_allowed>yes</timeout_allowed>
                        <extra_args>
                          <item>-m</item>
                          <item>two words</item>
                        </extra_args>
                      </command>

                      <active-response>
                        <command>x</command>
                        <location>all</location>
                        <rules_id>1,2</rules_id>
                        <rules_group>web,attack</rules_group>
                        <agent_id>1,w</agent_id>
                      </active-response>

                      <active-response>
                        <command>x</command>
                        <location>all</location>
                        <rules_group>
                          <item>web</item>
                        </rules_group>
                        <disabled>no</disabled>
                      </active-response>
                    </edr_config>

                    """)
    }

    @Test(arguments: [
        ("host-deny", "host-deny"), ("7514", "7514"), ("10m", "10m"), ("10.0.0.0/8", "10.0.0.0/8"),
        ("/var/x.json", "/var/x.json"), ("authentication_failed|attack", "authentication_failed|attack"),
        ("^localhost$", "^localhost$"), ("two words", "two words"),
        ("yes", #""yes""#), ("No", #""No""#), ("on", #""on""#), ("null", #""null""#), ("~", #""~""#), ("", #""""#),
        ("007", #""007""#), ("1e3", #""1e3""#), ("0x1F", #""0x1F""#), ("1.5", #""1.5""#), (".5", #"".5""#),
        ("2026-01-01", #""2026-01-01""#), ("1_000", #""1_000""#), ("012.0.0.1", #""012.0.0.1""#),
        ("10:20", #""10:20""#),
        ("*", #""*""#), ("a: b", #""a: b""#), ("a #b", #""a #b""#), ("#", ##""#""##), ("- a", #""- a""#),
        ("-a", #""-a""#), ("a,b", #""a,b""#), ("[a]", #""[a]""#), ("{a}", #""{a}""#), ("&a", #""&a""#),
        ("!a", #""!a""#), ("|", #""|""#), (">", #"">""#), ("%a", #""%a""#), ("@a", #""@a""#), ("`a", #""`a""#),
        ("it's", #""it's""#), (#"a"b"#, #"'a"b'"#), (#"\w+|x"#, #"'\w+|x'"#), (#"a"it's"#, #"'a"it''s'"#),
        ("größe", #""größe""#), ("a\nb\t\"c\"", #""a\nb\t\"c\"""#),
        ("a\u{85}\u{2028}\u{FEFF}b", #""a\u0085\u2028\ufeffb""#),
    ])
    func `YAML scalars are quoted when some reader could take them for something else`(text: String, scalar: String) {
        let node = ConfigNode(
            name: "manager", location: .start(of: "f"), valueLocation: .start(of: "f"), value: nil,
            children: [
                ConfigNode(
                    name: "name", location: .start(of: "f"), valueLocation: .start(of: "f"), value: text, root: .edr)
            ], root: .edr)
        let written = TidyConfiguration([node]).yaml
        #expect(written == "manager:\n  name: \(scalar)\n")
        #expect(parsed(written, as: .yaml).sections.first?["name"]?.value == text)
    }

    @Test func `long lists have a line for each item`() {
        let ids = (1000..<1040).map(String.init)
        let written = yaml(
            "<edr_config><active-response><rules_id>\(ids.joined(separator: ","))</rules_id></active-response></edr_config>"
        )
        #expect(written == "active-response:\n  - rules_id:\n" + ids.map { "      - \($0)\n" }.joined())
    }

    @Test func `an option that a later one replaces is gone, and one yes of disabled stays`() {
        #expect(
            yaml(
                """
                <edr_config><remote><port>1</port></remote><remote><port>2</port><local_ip>::</local_ip></remote>
                <active-response><disabled>yes</disabled><disabled>no</disabled><agent_id>1</agent_id><agent_id>2,3</agent_id>
                <rules_id>1</rules_id><rules_id>2,3</rules_id></active-response></edr_config>
                """) == """
                    remote:
                      port: 2
                      local_ip: "::"

                    active-response:
                      - disabled: yes
                        agent_id: [1, 2, 3]
                        rules_id: [2, 3]

                    """)
    }

    @Test func `nothing is written of what holds nothing`() {
        #expect(yaml("<edr_config><global/></edr_config>") == "")
        #expect(xml("global: {white_list: []}\ncommand: []\n") == "<edr_config>\n</edr_config>\n")
    }
}
