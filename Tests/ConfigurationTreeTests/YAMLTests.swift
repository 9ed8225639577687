import ConfigurationTree
import Testing

@Suite struct `YAML` {
    @Test func `the example of the manual gives the same tree as its XML`() {
        let yaml = parsed(
            """
            remote: {port: 7514, local_ip: 0.0.0.0}
            global: {white_list: [127.0.0.1, 10.0.0.0/8]}
            command:
              - {name: host-deny, executable: host-deny, expect: srcip, timeout_allowed: yes}
            active-response:
              - {command: host-deny, location: local, level: 7, timeout: 600}
            """, as: .yaml)
        let xml = parsed(
            """
            <edr_config>
              <remote><port>7514</port><local_ip>0.0.0.0</local_ip></remote>
              <global><white_list>127.0.0.1</white_list><white_list>10.0.0.0/8</white_list></global>
              <command>
                <name>host-deny</name><executable>host-deny</executable><expect>srcip</expect><timeout_allowed>yes</timeout_allowed>
              </command>
              <active-response>
                <command>host-deny</command><location>local</location><level>7</level><timeout>600</timeout>
              </active-response>
            </edr_config>
            """)
        #expect(yaml.diagnostics.lines == [])
        #expect(yaml.sections.outline.filter { $0 != "*" } == xml.sections.outline)
        #expect(yaml.sections.outline.contains(#"global{white_list*="127.0.0.1" white_list*="10.0.0.0/8"} command*{"#))
        #expect(yaml.sections.allSatisfy { $0.root == .yaml })
    }

    @Test func `every node knows where it and its value begin`() throws {
        let (sections, _) = parsed(
            """
            # é
            global:
              white_list:
                - "ö"
                -   ::1
            command:
              - name: é
            """, as: .yaml, name: "etc/x.yaml")
        let global = try #require(sections.first)
        #expect(global.location.description == "etc/x.yaml:2:1")
        #expect(global.valueLocation.description == "etc/x.yaml:3:3")
        #expect(global.children.map(\.location.description) == ["etc/x.yaml:4:7", "etc/x.yaml:5:9"])
        let command = try #require(sections.last)
        #expect(command.location.description == "etc/x.yaml:7:5")
        #expect(command["name"]?.location.description == "etc/x.yaml:7:5")
        #expect(command["name"]?.valueLocation.description == "etc/x.yaml:7:11")
    }

    @Test func `several documents are several roots`() {
        let (sections, diagnostics) = parsed("a: {x: 1}\n---\nb: {x: 2}\n---\n", as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(sections.outline == #"a{x="1"} b{x="2"}"#)
    }

    @Test func `nothing is told apart from an empty text`() throws {
        let (sections, diagnostics) = parsed(
            "s:\n  a:\n  b: ~\n  c: null\n  d: []\n  e: {}\n  f: ''\n  g: 'null'\n  h: [~]\n", as: .yaml)
        #expect(diagnostics.lines == [])
        let section = try #require(sections.first)
        #expect(section.children.filter(\.isEmpty).map(\.name) == ["a", "b", "c", "d", "e", "h"])
        #expect(section.children.filter(\.isListItem).map(\.name) == ["h"])
        #expect(section["f"]?.value == "")
        #expect(section["g"]?.value == "null")
    }

    @Test func `scalars keep their text and lose surrounding blanks`() {
        let (sections, _) = parsed(
            "s:\n  a: 007\n  b: yes\n  c: |\n    one\n    two\n  d: ' x '\n  e: !!str 1.0\n  f: 1_0\n", as: .yaml)
        #expect(sections.outline == "s{a=\"007\" b=\"yes\" c=\"one\ntwo\" d=\"x\" e=\"1.0\" f=\"1_0\"}")
    }

    @Test(arguments: [
        (
            "s:\n  a: 1\n  b: 2\n  a: 3\n",
            "f.yaml:4:3: error: the key 'a' is given twice, first at line 2, column 3; write a list for several values: a: [A, B]"
        ),
        (
            "s: {a: *x}\n",
            "f.yaml:1:8: error: aliases such as '*x' are not supported; write the value out, or in quotes when the '*' belongs to it"
        ),
        (
            "s: {a: &x 1}\n",
            "f.yaml:1:8: error: anchors such as '&x' are not supported; remove it, or quote the value when the '&' belongs to it"
        ),
        (
            "s: {command: !custom }\n",
            "f.yaml:1:14: error: tags such as '!custom' are not supported; quote the value when the '!' belongs to it"
        ),
        ("- a\n- b\n", "f.yaml:1:1: error: the document must be a mapping of sections (NAME: …), not a list"),
        ("hello\n", "f.yaml:1:1: error: the document must be a mapping of sections (NAME: …), not a text"),
        ("<edr_config/>\n", "f.yaml:1:1: error: the document must be a mapping of sections (NAME: …), not a text"),
        (
            "s: {a: [[1, [2]], 3]}\n",
            "f.yaml:1:9: error: a list inside a list: the items of 'a' must be values or mappings"
        ),
        ("s: {? [a] : 1, b: 2}\n", "f.yaml:1:7: error: a key must be a plain name, not a list or a mapping"),
        ("s: {'': 1}\n", "f.yaml:1:5: error: a key is missing before ':'"),
        ("", "f.yaml:1:1: warning: the file is empty"),
        ("# nothing\n", "f.yaml:1:1: warning: the file is empty"),
    ])
    func `a mistake is one line that says where and what would be right`(text: String, line: String) {
        #expect(parsed(text, as: .yaml, name: "f.yaml").diagnostics.lines == [line])
    }

    /// libyaml words these; what counts is that the place is right.
    @Test(arguments: [
        ("s:\n\ta: 1\n", 2, 1),
        ("s:\n  a: [1, 2\nb: 3\n", 3, 2),
        ("s:\n  a: \"x\n", 3, 1),
        ("s: {a: 1\n", 2, 1),
        ("s:\n  a: 1\n b: 2\n", 3, 2),
        ("a: 1: 2\n", 1, 5),
        ("s: @x\n", 1, 4),
        ("é: 1\nö: \u{1}\n", 2, 4),
    ])
    func `what is no YAML is reported with its place`(text: String, line: Int, column: Int) throws {
        let (_, diagnostics) = parsed(text, as: .yaml)
        let error = try #require(diagnostics.all.first)
        #expect(diagnostics.all.count == 1)
        #expect(error.severity == .error)
        #expect(error.location == SourceLocation(file: "f.conf", line: line, column: column))
        #expect(error.message.isEmpty == false)
    }

    @Test(arguments: [
        ("a: b: c\n", "1:5", "quote the value when the ':' belongs to it"),
        ("a: [1,\n  2\n", "3:1", "that begins at line 1, column 4; separate the items with ','"),
        ("a: {b: 1\n", "2:1", "separate the options with ','"),
        ("a: \"x\n", "2:1", "the quote that ends the text is missing"),
        ("a: @x\n", "1:4", "quote the value when that character belongs to it"),
        ("a:\n  - x\n - y\n", "3:2", "begin the keys of one level in the same column"),
        ("- a\nb: c\n", "2:1", "begin the items of a list"),
        ("a: |\nx\n", "3:1", "indent the line when it belongs to the value before it"),
        ("a: *\n", "1:5", "quote the value when the '*' or '&' belongs to it"),
        ("%FOO\na: 1\n", "1:5", "quote the value when the '%' belongs to it"),
        ("a: \"\\q\"\n", "1:5", "write '\\\\' for a backslash"),
        ("a: \u{1}\n", "1:4", "remove them"),
        ("a: [}\n", "1:5", "a value is missing before this, or a bracket is too much"),
        ("---\n...\na\n", "3:1", "begin another document with a line '---'"),
    ])
    func `what libyaml complains about gets a hint at what would be right`(text: String, place: String, hint: String) {
        let line = parsed(text, as: .yaml, name: "f").diagnostics.lines.last ?? ""
        #expect(line.hasPrefix("f:\(place): error: "), "\(line)")
        #expect(line.contains(hint), "\(line)")
    }

    @Test func `tabs get a hint`() {
        #expect(
            parsed("s:\n\ta: 1\n", as: .yaml).diagnostics.lines.first?.hasSuffix("with blanks, not with tabs") == true)
    }

    @Test func `bytes that are no UTF-8 are reported with their place`() {
        let diagnostics = Diagnostics()
        let bytes = Array("a: 1\nb: ".utf8) + [0xFF]
        _ = ConfigurationFile.parse(bytes, name: "f", format: .yaml, diagnostics: diagnostics)
        #expect(diagnostics.all.map(\.location?.description) == ["f:2:4"])
    }

    @Test func `a bomb of aliases stays small`() {
        var text = "a0: &a0 [x]\n"
        for level in 1..<40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        let (sections, diagnostics) = parsed(text, as: .yaml)
        #expect(diagnostics.hasErrors)
        #expect(sections.count == 79)
    }

    @Test func `nesting beyond 1024 levels is an error and no stack overflow`() {
        let (_, diagnostics) = parsed("a: " + String(repeating: "{b: ", count: 100_000), as: .yaml)
        #expect(diagnostics.all.map(\.message) == ["mappings and lists are nested too deeply: at most 1024 levels"])
        let deep = parsed("a: " + String(repeating: "[", count: 100_000), as: .yaml).diagnostics
        #expect(deep.all.count == 2)
    }

    @Test func `long lists are read whole`() {
        let items = (0..<20_000).map { "  - 10.0.\($0 / 250).\($0 % 250)\n" }.joined()
        let (sections, diagnostics) = parsed("a:\n" + items, as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(sections.count == 20_000)
        #expect(sections.last?.location.line == 20_001)
    }
}
