import ConfigurationTree
import Testing

@Suite struct `Lenient XML` {
    @Test func `several roots with text and comments between them give their sections in file order`() {
        let (sections, diagnostics) = parsed(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            some text
            <ossec_config>
              <global><white_list>127.0.0.1</white_list></global>
            </ossec_config>
            <!-- between --> more text
            <edr_config>
              <remote><port>7514</port></remote>
            </edr_config>
            """)
        #expect(diagnostics.lines == [])
        #expect(sections.outline == #"global{white_list="127.0.0.1"} remote{port="7514"}"#)
        #expect(sections.map(\.root) == [.ossec, .edr])
        #expect(sections[1]["port"]?.root == .edr)
    }

    @Test func `every node knows where it and its value begin`() throws {
        let text =
            "\u{FEFF}<edr_config><!-- é --> <global>\n\t<white_list a='1'>\n  ::1 </white_list>\n</global></edr_config>"
        let node = try #require(parsed(text, name: "etc/x.conf").sections.first)
        #expect(node.location.description == "etc/x.conf:1:24")
        let entry = try #require(node["white_list"])
        #expect(entry.location.description == "etc/x.conf:2:2")
        #expect(entry.valueLocation.description == "etc/x.conf:3:3")
        #expect(entry.value == "::1")
    }

    @Test(arguments: [
        ("<a> 7 </a>", "7"),
        ("<a>\n  firewall-drop\r\n</a>", "firewall-drop"),
        ("<a>one two</a>", "one two"),
        ("<a></a>", ""),
        ("<a/>", ""),
        ("<a />", ""),
        ("<a x='1' y=\"2\"/>", ""),
        ("<a>a&amp;b &lt;&gt;&quot;&apos;</a>", "a&b <>\"'"),
        ("<a>&amp;lt;</a>", "&lt;"),
        ("<a>&copy; & &#60; &AMP; &lt</a>", "&copy; & &#60; &AMP; &lt"),
        ("<a>log > 5</a>", "log > 5"),
        (#"<a>^\<b>$</a>"#, #"^\<b>$"#),
        (#"<a>\w\d</a>"#, #"\w\d"#),
        ("<a>fire<!-- x -->wall</a>", "firewall"),
        ("<a>fire<! x !>wall</a>", "firewall"),
        ("<a>fire<!x > y-->wall</a>", "firewall"),
        ("<a>1<!-- > <b> -- !>2</a>", "12"),
        ("<a>größe €</a>", "größe €"),
        ("<a>1</a >", "1"),
        ("<a\n>1</a>", "1"),
    ])
    func `values are taken as the dialect has them`(element: String, value: String) throws {
        let (sections, diagnostics) = parsed("<edr_config><s>\(element)</s></edr_config>")
        #expect(diagnostics.lines == [])
        let node = try #require(sections.first?["a"])
        #expect(node.value == value)
        #expect(node.children == [])
    }

    @Test func `names are case sensitive and roots may repeat and be empty`() {
        let (sections, diagnostics) = parsed(
            "<ossec_config/><ossec_config></ossec_config><edr_config a=\"b\"></edr_config>")
        #expect(sections == [])
        #expect(diagnostics.lines == [])
        #expect(
            parsed("<Ossec_Config></Ossec_Config>").diagnostics.lines == [
                "f.conf:1:1: error: (1230): Invalid element in the configuration: 'Ossec_Config'. "
                    + "A root must be <edr_config> or <ossec_config>; did you mean 'ossec_config'?"
            ])
    }

    @Test func `an agent_config root is an error with the peers' number, and the other roots are read`() {
        let (sections, diagnostics) = parsed(
            "<agent_config os=\"Linux\"><localfile/></agent_config>\n<edr_config><global/></edr_config>")
        #expect(sections.outline == #"global="""#)
        #expect(
            diagnostics.lines == [
                "f.conf:1:1: error: (1230): Invalid element in the configuration: 'agent_config'. A root must be "
                    + "<edr_config> or <ossec_config>; shared agent configuration belongs into Wazuh's own "
                    + "agent.conf, not here"
            ])
    }

    @Test func `text beside children is remembered for a warning`() {
        let (sections, diagnostics) = parsed(
            "<edr_config> x <global>ab<white_list>1.1.1.1</white_list>c</global></edr_config>")
        #expect(diagnostics.lines == ["f.conf:1:14: warning: text beside the sections of <edr_config> is ignored"])
        #expect(sections.outline == #"global{white_list="1.1.1.1"}"#)
        #expect(sections.first?.strayTextLocation?.column == 24)
    }

    /// Every malformed text with the one line that reports it.
    @Test(arguments: [
        (
            "<edr_config>\n<global>\n</edr_config>",
            "f.conf:2:1: error: (1226): Error reading XML file: <global> is not closed: </global> is missing before </edr_config> at line 3, column 1"
        ),
        (
            "<edr_config>\n<global><a>1",
            "f.conf:2:9: error: (1226): Error reading XML file: <a> is not closed: the file ends at line 2, column 13, and </a></global></edr_config> is missing"
        ),
        (
            "<edr_config><global><white_list>1</white_lst></global></edr_config>",
            "f.conf:1:34: error: (1226): Error reading XML file: '</white_lst>' ends no open element: expected </white_list> for <white_list> opened at line 1, column 21"
        ),
        (
            "<edr_config></global></edr_config>",
            "f.conf:1:13: error: (1226): Error reading XML file: '</global>' ends no open element: expected </edr_config> for <edr_config> opened at line 1, column 1"
        ),
        (
            "<edr_config/></edr_config>",
            "f.conf:1:14: error: (1226): Error reading XML file: '</edr_config>' ends nothing: no element is open here; remove it"
        ),
        (
            "<edr_config><a>1 < 2</a></edr_config>",
            "f.conf:1:18: error: (1226): Error reading XML file: a '<' in text must be written as &lt; (or \\<)"
        ),
        (
            "<edr_config><a b=1></a></edr_config>",
            "f.conf:1:18: error: (1226): Error reading XML file: the value of the attribute 'b' must stand in quotes"
        ),
        (
            "<edr_config><a b></a></edr_config>",
            "f.conf:1:17: error: (1226): Error reading XML file: the attribute 'b' has no value: expected =\"value\", or '>' before it"
        ),
        (
            "<edr_config><a b='1' b='2'/></edr_config>",
            "f.conf:1:22: error: (1226): Error reading XML file: the attribute 'b' is given twice in <a>; remove one"
        ),
        (
            "<edr_config><a b=\"1></a></edr_config>",
            "f.conf:1:18: error: (1226): Error reading XML file: the value of the attribute 'b' is not closed: the quote that ends it is missing (a '<' in it must be written as &lt;)"
        ),
        (
            "<edr_config><a b='1'c='2'></a></edr_config>",
            "f.conf:1:21: error: (1226): Error reading XML file: invalid character in the tag <a>: expected '>' or an attribute such as name=\"value\""
        ),
        (
            "<edr_config><a$></a></edr_config>",
            "f.conf:1:15: error: (1226): Error reading XML file: invalid character in the tag <a>: expected '>' or an attribute such as name=\"value\""
        ),
        (
            "<edr_config><global <a>1</a></global></edr_config>",
            "f.conf:1:13: error: (1226): Error reading XML file: the tag <global is not closed: '>' is missing"
        ),
        (
            "<edr_config><a>1</a</edr_config>",
            "f.conf:1:17: error: (1226): Error reading XML file: the end tag </a is not closed: '>' is missing"
        ),
        (
            "<edr_config></></edr_config>",
            "f.conf:1:13: error: (1226): Error reading XML file: '</>' ends no open element: expected </edr_config> for <edr_config> opened at line 1, column 1"
        ),
        (
            "<edr_config></ 1></edr_config>",
            "f.conf:1:13: error: (1226): Error reading XML file: invalid end tag: expected </NAME>"
        ),
        (
            "<edr_config>\n <!-- a\n</edr_config>",
            "f.conf:2:2: error: (1226): Error reading XML file: the comment that begins here is not closed: --> is missing"
        ),
        (
            "<edr_config><a><![CDATA[x]]></a></edr_config>",
            "f.conf:1:16: error: (1226): Error reading XML file: CDATA sections are not supported; write the text as it is, with &lt; for '<'"
        ),
        (
            "<!DOCTYPE x><edr_config/>",
            "f.conf:1:1: error: (1226): Error reading XML file: document type declarations are not supported; remove it"
        ),
        (
            "<edr_config><?php ?></edr_config>",
            "f.conf:1:13: error: (1226): Error reading XML file: <?…?> may stand only before or between the roots, not inside <edr_config>"
        ),
        (
            "<?xml version='1.0'>",
            "f.conf:1:1: error: (1226): Error reading XML file: the declaration that begins here is not closed: ?> is missing"
        ),
        (
            "remote: {port: 1}",
            "f.conf:1:1: error: (1226): Error reading XML file: the file holds no <edr_config> (or <ossec_config>) root; YAML belongs into a file whose name ends in .yaml"
        ),
        ("", "f.conf:1:1: warning: the file is empty"),
        (" <!-- nothing --> \n", "f.conf:1:1: warning: the file is empty"),
    ])
    func `a mistake is one line that says where and what would be right`(text: String, line: String) {
        #expect(parsed(text).diagnostics.lines == [line])
    }

    @Test func `all mistakes of a file are reported in one pass, and what is right is read`() {
        let (sections, diagnostics) = parsed(
            """
            <edr_config>
              <global>
                <white_list>1.1.1.1</whitelist>
              </global>
              <command><name a=1>x</name></command>
              <remote>
                <port>1 < 2</port>
            </edr_config>
            <other/>
            """)
        #expect(diagnostics.all.map { $0.location?.line } == [3, 5, 7, 6, 9])
        #expect(diagnostics.hasErrors)
        #expect(
            sections.outline
                == #"global{white_list="1.1.1.1"} command{name="x"} remote{port="1 < 2"}"#)
    }

    @Test func `a file in UTF-16 is recognised`() {
        let diagnostics = Diagnostics()
        let bytes: [UInt8] = [0xFF, 0xFE, 0x3C, 0x00]
        #expect(ConfigurationFile.parse(bytes, name: "f", format: .xml, diagnostics: diagnostics) == [])
        #expect(
            diagnostics.lines == [
                "f:1:1: error: (1202): Configuration error at 'f': the file is in UTF-16; save it as UTF-8"
            ])
    }

    @Test func `values beyond the peers' limit are an error, at it they are not`() {
        let value = String(repeating: "x", count: 20_480)
        let (sections, none) = parsed("<edr_config><a>\(value)</a></edr_config>")
        #expect(none.lines == [])
        #expect(sections.first?.value == value)
        #expect(
            parsed("<edr_config><a>\(value)x</a></edr_config>").diagnostics.lines == [
                "f.conf:1:16: error: (1226): Error reading XML file: the value of <a> is too long: at most 20480 bytes are allowed"
            ])
        #expect(
            parsed("<edr_config><a b='\(value)x'/></edr_config>").diagnostics.lines == [
                "f.conf:1:18: error: (1226): Error reading XML file: the attribute 'b' is too long: at most 20480 bytes are allowed"
            ])
        #expect(
            parsed("<edr_config><\(value)x></edr_config>").diagnostics.lines == [
                "f.conf:1:13: error: (1226): Error reading XML file: the element's name is too long: at most 20480 bytes are allowed"
            ])
        let attributes = (0..<49).map { " a\($0)='1'" }.joined()
        #expect(
            parsed("<edr_config><a\(attributes)/></edr_config>").diagnostics.all.map(\.message) == [
                "(1226): Error reading XML file: <a> has too many attributes: at most 48"
            ])
    }

    @Test func `1024 levels are read and more are an error, however many`() {
        func nested(_ levels: Int) -> String {
            "<edr_config>" + String(repeating: "<a>", count: levels - 1)
                + String(repeating: "</a>", count: levels - 1) + "</edr_config>"
        }
        #expect(parsed(nested(1024)).diagnostics.lines == [])
        #expect(
            parsed(nested(1025)).diagnostics.all.map(\.message) == [
                "(1226): Error reading XML file: elements are nested too deeply: at most 1024 levels"
            ])
        #expect(parsed("<edr_config>" + String(repeating: "<a>", count: 300_000)).diagnostics.all.count == 1)
    }

    @Test func `a damaged file cannot fill the memory with messages`() {
        let (_, diagnostics) = parsed("<edr_config>" + String(repeating: "</b>", count: 10_000) + "</edr_config>")
        #expect(diagnostics.all.count == Diagnostics.limit + 1)
    }

    @Test func `control characters of the file do not reach the terminal`() {
        let (sections, diagnostics) = parsed("<edr_config><a>\u{1B}[31m\nf.conf:1:1: error: fake</a></edr_config>")
        let reader = SectionReader(
            ConfigNode(
                name: "s", location: .start(of: "f\n"), valueLocation: .start(of: "f"), value: nil,
                children: sections, root: .edr), known: ["a"], diagnostics: diagnostics)
        #expect(reader.string("a") == nil)
        let line = diagnostics.lines.first ?? ""
        #expect(line.contains("\\u{1b}[31m\\u{a}f.conf"))
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
    }
}

@Suite struct `Lists in XML` {
    @Test func `items of an option are what a list is in YAML`() {
        let (sections, diagnostics) = parsed(
            "<edr_config><command><extra_args> <item>two words</item>\n<item/><!-- x --></extra_args></command></edr_config>"
        )
        #expect(diagnostics.lines == [])
        #expect(sections.outline == #"command{extra_args*="two words" extra_args*=""}"#)
        #expect(sections.first?["extra_args"]?.location.column == 35)
        #expect(
            parsed("command: {extra_args: [two words, '']}", as: .yaml).sections.outline == sections.outline)
    }

    @Test(arguments: [
        ("<ossec_config><a><b><item>x</item></b></a></ossec_config>", #"a{b{item="x"}}"#),
        ("<edr_config><a><item>x</item></a></edr_config>", #"a{item="x"}"#),
        ("<edr_config><a><b><item>x</item><c/></b></a></edr_config>", #"a{b{item="x" c=""}}"#),
        ("<edr_config><a><b>text<item>x</item></b></a></edr_config>", #"a{b{item="x"}}"#),
        ("<edr_config><a><item><item>x</item></item></a></edr_config>", #"a{item{item="x"}}"#),
    ])
    func `anything else that is called item is none`(text: String, outline: String) {
        #expect(parsed(text).sections.outline == outline)
    }
}
