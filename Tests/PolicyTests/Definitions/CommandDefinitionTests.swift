import ConfigurationTree
import Policy
import Testing

@Suite struct `Commands` {
    private func command(_ options: String) -> (command: CommandDefinition?, lines: [String]) {
        let (policy, diagnostics) = definition(
            edr("<command><name>c</name><executable>x</executable>\(options)</command>"))
        return (policy.commands.first, diagnostics.lines)
    }

    @Test func `every option is read`() throws {
        let (policy, diagnostics) = definition(
            edr(
                """
                <command>
                  <name>block</name>
                  <executable>custom/block.sh</executable>
                  <expect>srcip, username</expect>
                  <timeout_allowed>yes</timeout_allowed>
                  <extra_args>--table  edr\n $data.win.system.computer</extra_args>
                  <protocol>json</protocol>
                  <exec_timeout>2m</exec_timeout>
                </command>
                """))
        #expect(diagnostics.lines == [])
        #expect(
            policy.commands == [
                CommandDefinition(
                    name: "block", executable: "custom/block.sh", expect: [.sourceAddress, .user],
                    timeoutAllowed: true, extraArguments: ["--table", "edr", "$data.win.system.computer"],
                    scriptProtocol: .json, execTimeout: .seconds(120),
                    location: SourceLocation(file: "f.conf", line: 2, column: 1))
            ])
    }

    @Test func `all but name and executable have defaults`() throws {
        let command = try #require(command("").command)
        #expect(command.expect == [])
        #expect(command.timeoutAllowed == false)
        #expect(command.extraArguments == [])
        #expect(command.scriptProtocol == .auto)
        #expect(command.execTimeout == .seconds(60))
    }

    @Test func `a YAML list of arguments keeps its words whole`() {
        let (policy, diagnostics) = definition(
            "command: {name: c, executable: x, expect: [user, filename], extra_args: [-m, two words, '']}", as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(policy.commands.first?.extraArguments == ["-m", "two words", ""])
        #expect(policy.commands.first?.expect == [.user, .filename])
    }

    @Test(arguments: [
        (
            "<command></command>",
            "2:1: error: (1280): Missing command options. <command> needs name and executable (the script's file name under active-response/bin)"
        ),
        (
            "<command><executable>x</executable></command>",
            "2:1: error: (1280): Missing command options. <command> needs name"
        ),
        (
            "<command><name>c</name></command>",
            "2:1: error: (1280): Missing command options. <command> needs executable (the script's file name under active-response/bin)"
        ),
        (
            "<command><name> </name><executable>x</executable></command>",
            "2:16: error: (1235): Invalid value for element 'name': ''. It is empty; give a value or remove it"
        ),
        (
            "<command><name>!c</name><executable>x</executable></command>",
            "2:16: error: (1235): Invalid value for element 'name': '!c'. A command's name must not begin with '!'"
        ),
    ])
    func `a command without name or executable is an error`(section: String, line: String) {
        #expect(definition(edr(section)).diagnostics.lines == ["f.conf:\(line)"])
    }

    @Test(arguments: ["/bin/sh", "../x", "a/../x", "a/..", "./x", "a//x", "a/", ".", ".."])
    func `an executable outside of its folder is an error`(path: String) {
        let (_, diagnostics) = definition(
            edr("<command><name>c</name><executable>\(path)</executable></command>"))
        #expect(diagnostics.all.count == 1)
        #expect(
            diagnostics.lines.first?.hasPrefix(
                "f.conf:2:36: error: (1235): Invalid value for element 'executable': '\(path)'. Expected a ") == true)
    }

    @Test(
        arguments: [
            ("srcip", [.sourceAddress]), ("user", [.user]), ("UserName", [.user]), ("filename", [.filename]),
            ("srcip,user filename", [.sourceAddress, .user, .filename]), ("", []), (" , ", []),
        ] as [(String, ExpectedFields)])
    func `expect is a list of words`(text: String, fields: ExpectedFields) {
        let (command, lines) = command("<expect>\(text)</expect>")
        #expect(lines == [])
        #expect(command?.expect == fields)
    }

    @Test func `unknown words in expect are errors, OSSEC's srcuser only a warning`() {
        #expect(
            command("<expect>scrip</expect>").lines == [
                "f.conf:2:58: error: (1235): Invalid value for element 'expect': 'scrip'. Expected words of srcip, user, "
                    + "username, filename, and 'scrip' is none; did you mean 'srcip'?"
            ])
        let (command, lines) = command("<expect>srcuser</expect>")
        #expect(command?.expect == .user)
        #expect(lines.map { $0.hasPrefix("f.conf:2:58: warning: 'srcuser'") } == [true])
    }

    @Test(arguments: [
        "<timeout_allowed>true</timeout_allowed>", "<timeout_allowed/>", "<exec_timeout>0</exec_timeout>",
        "<exec_timeout>soon</exec_timeout>", "<protocol>JSON</protocol>", "<protocol/>", "<level>7</level>",
        "<executable>/y</executable>",
    ])
    func `unusable values and unknown options are errors with their place`(option: String) {
        let lines = command(option).lines
        #expect(lines.contains { $0.hasPrefix("f.conf:2:") && $0.contains("error: (123") })
    }

    @Test func `of two commands of one name the first counts, with a warning`() {
        let (policy, diagnostics) = definition(
            edr(
                """
                <command><name>c</name><executable>first</executable></command>
                <command><name>c</name><executable>second</executable></command>
                """))
        #expect(policy.commands.map(\.executable) == ["first"])
        #expect(
            diagnostics.lines == [
                "f.conf:3:1: warning: the command 'c' is defined already at f.conf:2:1; that definition counts, and this "
                    + "one is ignored"
            ])
    }
}
