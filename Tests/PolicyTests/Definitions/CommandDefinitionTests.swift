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
                  <sha256>\(String(repeating: "0aF9", count: 16))</sha256>
                  <run_as>nobody</run_as>
                  <limits><memory>64M</memory><file_size>1G</file_size><processes>16</processes></limits>
                </command>
                """))
        #expect(diagnostics.lines == [])
        #expect(
            policy.commands == [
                CommandDefinition(
                    name: "block", executable: "custom/block.sh", expect: [.sourceAddress, .user],
                    timeoutAllowed: true, extraArguments: ["--table", "edr", "$data.win.system.computer"],
                    scriptProtocol: .json, execTimeout: .seconds(120),
                    containment: CommandContainment(
                        sha256: (0..<16).flatMap { _ in [0x0A, 0xF9] }, runAs: "nobody", memory: 64 << 20,
                        fileSize: 1 << 30, processes: 16),
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
        #expect(command.containment == CommandContainment())
    }

    @Test func `root is who scripts run as anyway, and limits of several elements add up`() throws {
        let (command, lines) = command(
            "<run_as>root</run_as><limits><memory>16777216</memory><processes>1</processes></limits>"
                + "<limits><file_size>512K</file_size><processes>2</processes></limits>")
        #expect(lines == [])
        #expect(
            command?.containment == CommandContainment(memory: 16 << 20, fileSize: 512 << 10, processes: 2))
    }

    @Test func `YAML has the same`() {
        let (policy, diagnostics) = definition(
            "command: {name: c, executable: x, run_as: nobody, limits: {memory: 2G, processes: 3}}", as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(
            policy.commands.first?.containment == CommandContainment(runAs: "nobody", memory: 2 << 30, processes: 3))
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
        "<executable>/y</executable>", "<sha256>abc</sha256>", "<sha256/>", "<run_as>0</run_as>",
        "<run_as>a b</run_as>", "<run_as>-u</run_as>", "<run_as>../x</run_as>", "<limits><cpu>1</cpu></limits>",
        "<limits><memory>15M</memory></limits>", "<limits><memory>64 M</memory></limits>",
        "<limits><memory>2T</memory></limits>", "<limits><file_size>0</file_size></limits>",
        "<limits><file_size>99999999999999999999G</file_size></limits>", "<limits><processes>0</processes></limits>",
        "<limits><file_size>1025G</file_size></limits>",
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
