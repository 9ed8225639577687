import AgentSettings
import Alerts
import ConfigurationTree
import TestSupport
import Testing

@Suite struct `The agent's configuration` {
    private func load(
        _ text: String, name: String = "edr-agent.conf"
    ) throws -> (configuration: AgentConfiguration?, lines: [String]) {
        let home = try TemporaryHome()
        try home.write(text, to: "etc/" + name)
        let diagnostics = Diagnostics()
        let configuration = AgentConfiguration.load(file: nil, etc: home.path + "/etc", diagnostics: diagnostics)
        return (configuration, diagnostics.all.map { $0.description.replacing(home.path + "/etc/", with: "") })
    }

    private static let server = "<client><server><address>m</address></server></client>"

    @Test func `the first of several blocks counts, as with the peers`() throws {
        let (configuration, lines) = try load(
            """
            <ossec_config>\(Self.server)
            <active-response><disabled>no</disabled></active-response>
            <active-response><disabled>yes</disabled><repeated_offenders>30,60</repeated_offenders></active-response>
            <active-response><repeated_offenders_quiet>1w</repeated_offenders_quiet></active-response>
            </ossec_config>
            <ossec_config><active-response><repeated_offenders>1</repeated_offenders></active-response></ossec_config>
            """)
        #expect(configuration?.isDisabled == false)
        #expect(configuration?.repeatedOffenders == [30, 60])
        #expect(configuration?.quietTime == .seconds(7 * 86_400))
        #expect(
            lines == [
                "edr-agent.conf:3:18: warning: <disabled> is given already at edr-agent.conf:2:18, which counts; remove one",
                "edr-agent.conf:6:32: warning: <repeated_offenders> is given already at edr-agent.conf:3:42, which "
                    + "counts; remove one",
            ])
    }

    @Test func `within a block yes is yes`() throws {
        let block = "<active-response><disabled>yes</disabled><disabled>no</disabled></active-response>"
        #expect(try load("<edr_config>\(Self.server)\(block)</edr_config>").configuration?.isDisabled == true)
    }

    @Test func `what is never blocked is switched off by name, in XML and in YAML`() throws {
        let all = Set(VitalAddressKind.allCases)
        #expect(try load("<edr_config>\(Self.server)</edr_config>").configuration?.neverBlock == all)
        let block = "<never_block><gateway>no</gateway><dns>no</dns><ssh>yes</ssh></never_block>"
        let xml = try load("<edr_config>\(Self.server)<active-response>\(block)</active-response></edr_config>")
        #expect(xml.configuration?.neverBlock == all.subtracting([.gateway, .dns]))
        let yaml = try load(
            """
            client: {server: {address: m}}
            active-response:
              never_block: {ssh: no, own: false}
            """, name: "edr-agent.yaml")
        #expect(yaml.lines == [])
        #expect(yaml.configuration?.neverBlock == all.subtracting([.ssh, .own]))
        let wrong = try load(
            "<edr_config>\(Self.server)<active-response><never_block><router>no</router></never_block>"
                + "</active-response></edr_config>")
        #expect(wrong.configuration == nil && wrong.lines.first?.contains("router") == true)
    }

    @Test func `a manager's block says nothing about the agent but its list of offences`() throws {
        let (configuration, lines) = try load(
            """
            <ossec_config>\(Self.server)
            <command><name>a</name><executable>a</executable></command>
            <active-response><disabled>yes</disabled><command>a</command><location>local</location><level>6</level>\
            <repeated_offenders>5</repeated_offenders></active-response>
            </ossec_config>
            """)
        #expect(configuration?.isDisabled == false)
        #expect(configuration?.repeatedOffenders == [5])
        #expect(
            lines.map { $0.contains(": notice: ") } == [true, true], "one for <command>, one for the manager's block")
    }

    @Test func `OSSEC's older client options count`() throws {
        let (configuration, lines) = try load(
            """
            <ossec_config><client><server-ip>192.0.2.1</server-ip><server-hostname>m</server-hostname>\
            <disable-active-response>yes</disable-active-response></client></ossec_config>
            """)
        #expect(configuration?.servers.map(\.description) == ["192.0.2.1:7514", "m:7514"])
        #expect(configuration?.isDisabled == true)
        #expect(lines == [])
    }

    @Test func `the port of Wazuh's manager is not taken for ours, and that is said`() throws {
        let (configuration, lines) = try load(
            "<ossec_config><client><server><address>m</address><port>1514</port></server></client></ossec_config>")
        #expect(configuration?.servers.map(\.port) == [7514])
        #expect(lines.map { $0.hasPrefix("edr-agent.conf:1:51: notice: <port> in an <ossec_config> root") } == [true])
    }

    @Test func `what Wazuh installs for upgrades is skipped with a notice`() throws {
        let (configuration, lines) = try load(
            """
            <ossec_config>\(Self.server)<active-response><disabled>no</disabled><ca_store>etc/wpk_root.pem</ca_store>\
            <ca_verification>yes</ca_verification></active-response></ossec_config>
            """)
        #expect(configuration != nil)
        #expect(lines.map { $0.hasSuffix("are skipped: ca_store, ca_verification") } == [true])
    }

    @Test(arguments: ["disabeld", "timeout", "rules_id"])
    func `an option that is none of an agent's is an error`(option: String) throws {
        let text = "<edr_config>\(Self.server)<active-response><\(option)>1</\(option)></active-response></edr_config>"
        let (configuration, lines) = try load(text)
        #expect(configuration == nil)
        #expect(lines.map { $0.contains("error: (1230): Invalid element in the configuration: '\(option)'") } == [true])
    }

    @Test func `more than five offences are cut, with a warning`() throws {
        let (configuration, lines) = try load(
            "client: {server: {address: m}}\nactive-response: {repeated_offenders: [1, 2, 3, 4, 5, 6]}\n",
            name: "edr-agent.yaml")
        #expect(configuration?.repeatedOffenders == [1, 2, 3, 4, 5])
        #expect(
            lines == [
                "edr-agent.yaml:2:40: warning: 'repeated_offenders' has 6 values; the first 5 count, remove the others"
            ])
    }
}
