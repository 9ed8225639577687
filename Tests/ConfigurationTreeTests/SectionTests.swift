import ConfigurationTree
import Testing

@Suite struct `Sections` {
    @Test func `sections of the peers are skipped with one notice for each name`() {
        let (nodes, diagnostics) = parsed(Fixtures.wazuhAgent, name: "ossec.conf")
        let sections = nodes.sections(named: ["client", "active-response", "logging"], diagnostics: diagnostics)
        #expect(sections.map(\.name) == ["client", "active-response"])
        #expect(diagnostics.hasErrors == false)
        #expect(
            diagnostics.lines == [
                "ossec.conf:27:3: notice: the section <client_buffer> of Wazuh or OSSEC is skipped",
                "ossec.conf:35:3: notice: the section <rootcheck> of Wazuh or OSSEC is skipped",
                "ossec.conf:44:3: notice: the section <wodle> of Wazuh or OSSEC is skipped",
                "ossec.conf:58:3: notice: the section <sca> of Wazuh or OSSEC is skipped",
                "ossec.conf:63:3: notice: the section <syscheck> of Wazuh or OSSEC is skipped",
                "ossec.conf:71:3: notice: the section <localfile> of Wazuh or OSSEC is skipped",
                "ossec.conf:90:3: notice: the section <logging> of Wazuh or OSSEC is skipped; one of ours belongs "
                    + "into an <edr_config> root or a YAML file",
            ])
    }

    @Test func `the options of an unmodified agent's sections are ours or skipped with one notice`() throws {
        let (nodes, diagnostics) = parsed(Fixtures.wazuhAgent, name: "ossec.conf")
        let client = SectionReader(
            try #require(nodes.first { $0.name == "client" }), known: ["server"], peers: PeerNames.clientOptions,
            diagnostics: diagnostics)
        let server = SectionReader(
            try #require(client.last("server")), known: ["address", "port"], peers: PeerNames.clientServerOptions,
            diagnostics: diagnostics)
        let response = SectionReader(
            try #require(nodes.first { $0.name == "active-response" }), known: ["disabled", "repeated_offenders"],
            peers: PeerNames.activeResponseOptions, diagnostics: diagnostics)
        #expect(server.required("address") == "wazuh.example.com")
        #expect(server.integer("port", in: 1...65535) == 1514)
        #expect(response.flag("disabled") == false)
        #expect(response.minutes("repeated_offenders") == [30, 60, 120])
        #expect(client.section.root == .ossec)
        #expect(
            diagnostics.lines == [
                "ossec.conf:7:3: notice: options of Wazuh or OSSEC in <client> are skipped: config-profile, "
                    + "notify_time, time-reconnect, auto_restart, crypto_method, enrollment",
                "ossec.conf:8:5: notice: options of Wazuh or OSSEC in <server> are skipped: protocol, max_retries, "
                    + "retry_interval",
                "ossec.conf:83:3: notice: options of Wazuh or OSSEC in <active-response> are skipped: ca_store, "
                    + "ca_verification",
            ])
    }

    @Test func `a peer's section of a name of ours belongs to the peer only in an ossec_config root`() {
        let (nodes, diagnostics) = parsed(
            "<ossec_config><remote><port>1514</port></remote></ossec_config>"
                + "<edr_config><remote><port>7514</port></remote></edr_config>")
        let sections = nodes.sections(named: ["remote"], diagnostics: diagnostics)
        #expect(sections.map { $0["port"]?.value } == ["7514"])
        #expect(diagnostics.all.map(\.severity) == [.notice])
    }

    @Test func `a name that is nobody's is an error with a suggestion`() {
        let (nodes, diagnostics) = parsed("comand: {name: x}\nedr_config: {remote: {port: 1}}\n", as: .yaml)
        #expect(nodes.sections(named: ["command", "remote"], diagnostics: diagnostics) == [])
        #expect(
            diagnostics.lines == [
                "f.conf:1:1: error: (1230): Invalid element in the configuration: 'comand'. The sections are "
                    + "command, remote; did you mean 'command'?",
                "f.conf:2:1: error: (1230): Invalid element in the configuration: 'edr_config'. The sections "
                    + "themselves stand at the top level",
            ])
    }

    @Test func `a YAML section that holds nothing is no section`() {
        let (nodes, diagnostics) = parsed("command: []\nactive-response:\nremote: {}\nglobal: {a: 1}\n", as: .yaml)
        let sections = nodes.sections(
            named: ["command", "active-response", "remote", "global"], diagnostics: diagnostics)
        #expect(sections.map(\.name) == ["global"])
        #expect(diagnostics.lines == [])
    }
}

@Suite struct `Section reader` {
    private func reader(
        xml: String, known: [String] = ["a", "b", "timeout"], peers: [String] = []
    ) throws -> SectionReader {
        let (sections, diagnostics) = parsed("<edr_config><s>\(xml)</s></edr_config>")
        return SectionReader(try #require(sections.first), known: known, peers: peers, diagnostics: diagnostics)
    }

    private func reader(yaml: String) throws -> SectionReader {
        let (sections, diagnostics) = parsed("s: \(yaml)", as: .yaml)
        return SectionReader(try #require(sections.first), known: ["a", "b"], diagnostics: diagnostics)
    }

    @Test func `an unknown option is an error with a suggestion`() throws {
        let reader = try reader(xml: "<timeuot>1</timeuot><decoder>x</decoder>")
        #expect(
            reader.diagnostics.lines == [
                "f.conf:1:16: error: (1230): Invalid element in the configuration: 'timeuot'. The options of <s> are "
                    + "a, b, timeout; did you mean 'timeout'?",
                "f.conf:1:36: error: (1230): Invalid element in the configuration: 'decoder'. The options of <s> are "
                    + "a, b, timeout",
            ])
    }

    @Test func `text instead of options is an error, text beside them a warning`() throws {
        #expect(
            try reader(xml: "yes").diagnostics.lines == [
                "f.conf:1:16: error: <s> must hold options (a, b, timeout), not the text 'yes'"
            ])
        #expect(
            try reader(xml: "x<a>1</a>").diagnostics.lines == [
                "f.conf:1:16: warning: text beside the options of <s> is ignored"
            ])
    }

    @Test func `values are typed`() throws {
        let reader = try reader(xml: "<a>yes</a><b>-5</b><timeout>10m</timeout>")
        #expect(reader.flag("a") == true)
        #expect(reader.integer("b", in: -10...10) == -5)
        #expect(reader.duration("timeout") == .seconds(600))
        #expect(reader.string("a") == "yes")
        #expect(reader.diagnostics.lines == [])
    }

    @Test func `absent options are nil without a word, required ones an error`() throws {
        let reader = try reader(xml: "<b/>")
        #expect(reader.string("a") == nil)
        #expect(reader.flag("a") == nil)
        #expect(reader.integer("a", in: 0...1) == nil)
        #expect(reader.duration("a") == nil)
        #expect(reader.minutes("a") == nil)
        #expect(reader.words("a").isEmpty)
        #expect(reader.string("b") == "")
        #expect(reader.diagnostics.lines == [])
        #expect(reader.required("a") == nil)
        #expect(reader.required("b") == nil)
        #expect(
            reader.diagnostics.lines == [
                "f.conf:1:13: error: <s> needs the option 'a'",
                "f.conf:1:20: error: (1235): Invalid value for element 'b': ''. It is empty; give a value or remove it",
            ])
    }

    @Test(arguments: ["Yes", "true", "1", "on", "", "yes no"])
    func `only yes and no are flags in XML`(value: String) throws {
        let reader = try reader(xml: "<a>\(value)</a>")
        #expect(reader.flag("a") == nil)
        #expect(
            reader.diagnostics.all.map(\.message) == [
                "(1235): Invalid value for element 'a': '\(value)'. Expected yes or no"
            ])
    }

    @Test func `YAML has true and false as well`() throws {
        #expect(try reader(yaml: "{a: true}").flag("a") == true)
        #expect(try reader(yaml: "{a: false}").flag("a") == false)
        #expect(try reader(yaml: "{a: yes}").flag("a") == true)
        #expect(try reader(yaml: "{a: on}").flag("a") == nil)
    }

    @Test(arguments: ["abc", "21", "-1", "+5", "1.0", "", "0x10", "99999999999999999999", "5 "])
    func `only whole numbers in the range are integers`(value: String) throws {
        let reader = try reader(yaml: "{a: '\(value)'}")
        // Surrounding blanks are no part of a value.
        #expect(reader.integer("a", in: 0...20) == (value == "5 " ? 5 : nil))
        #expect(reader.diagnostics.hasErrors == (value != "5 "))
    }

    @Test func `a duration that is none is an error and never 0`() throws {
        let reader = try reader(xml: "<timeout>10 minutes</timeout>")
        #expect(reader.duration("timeout") == nil)
        #expect(
            reader.diagnostics.lines == [
                "f.conf:1:25: error: (1235): Invalid value for element 'timeout': '10 minutes'. Expected seconds or a "
                    + "number with a unit: 90, 90s, 10m, 2h, 1d, 1w (100 years at most)"
            ])
        let zero = try self.reader(xml: "<a>0</a>")
        #expect(zero.duration("a", atLeast: .seconds(1)) == nil)
        #expect(zero.diagnostics.hasErrors)
    }

    @Test func `the last of repeated elements counts, with a warning`() throws {
        let reader = try reader(xml: "<a>1</a><a>2</a>")
        #expect(reader.string("a") == "2")
        #expect(reader.all("a").map(\.value) == ["1", "2"])
        #expect(reader.diagnostics.lines == ["f.conf:1:24: warning: <a> is given 2 times; the last one counts"])
    }

    @Test func `a list for a single value is an error, one item is not`() throws {
        let reader = try reader(yaml: "{a: [1, 2], b: [3]}")
        #expect(reader.string("a") == nil)
        #expect(reader.string("b") == "3")
        #expect(reader.diagnostics.lines == ["f.conf:1:12: error: 'a' takes one value, not a list"])
    }

    @Test func `values of the wrong shape are errors`() throws {
        let reader = try reader(yaml: "{a: {x: 1}, b: }")
        #expect(reader.string("a") == nil)
        #expect(reader.integer("b", in: 0...1) == nil)
        #expect(
            reader.diagnostics.lines == [
                "f.conf:1:5: error: 'a' must hold a plain value, not options of its own",
                "f.conf:1:16: error: (1234): Invalid NULL content for element: 'b'. Give it a value or remove it",
            ])
    }

    @Test(arguments: [#"{a: "x\0y"}"#, #"{a: "\e[31m"}"#, "{a: \"\u{FFFD}\"}"])
    func `control characters and broken text are errors`(yaml: String) throws {
        let reader = try reader(yaml: yaml)
        #expect(reader.string("a") == nil)
        #expect(reader.diagnostics.hasErrors)
    }

    @Test func `words come from repeated elements, lists in text and YAML lists alike`() throws {
        #expect(
            try reader(xml: "<a>1.1.1.1, 2.2.2.2</a><a>3.3.3.3\n4.4.4.4</a>").words("a").map(\.word)
                == ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"])
        #expect(try reader(yaml: "{a: [x, 'y z']}").words("a").map(\.word) == ["x", "y", "z"])
        #expect(try reader(yaml: "{a: []}").words("a").isEmpty)
        let empty = try reader(xml: "<a> , </a>")
        #expect(empty.words("a").isEmpty)
        #expect(empty.diagnostics.hasErrors)
    }

    @Test(arguments: ["", "abc", "30,abc", "0", "-5", "1.5", "30m"])
    func `repeated offenders are minutes`(value: String) throws {
        let reader = try reader(xml: "<a>\(value)</a>")
        #expect(reader.minutes("a") == nil)
        #expect(reader.diagnostics.all.count == 1)
        #expect(reader.diagnostics.hasErrors)
    }

    @Test func `a choice is one of its words`() throws {
        enum Colour: String, CaseIterable { case red, green }
        #expect(try reader(xml: "<a>red</a>").choice("a", of: Colour.self) == .red)
        let wrong = try reader(xml: "<a>gren</a>")
        #expect(wrong.choice("a", of: Colour.self) == nil)
        #expect(
            wrong.diagnostics.all.map(\.message) == [
                "(1235): Invalid value for element 'a': 'gren'. Expected red, green; did you mean 'green'?"
            ])
    }
}
