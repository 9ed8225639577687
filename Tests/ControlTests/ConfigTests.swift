import Foundation
import TestSupport
import Testing

@testable import Control

@Suite("Configuration files")
struct ConfigTests {
    private static let good = """
        <edr_config>
          <command><name>ban</name><executable>ban</executable><timeout_allowed>yes</timeout_allowed></command>
          <active-response><command>ban</command><location>local</location><level>7</level></active-response>
          <alert_source><location>/a/alerts.json</location></alert_source>
        </edr_config>
        """

    private func home(_ text: String, file: String = "edr-manager.conf", script: Bool = true) throws -> TemporaryHome {
        let home = try TemporaryHome()
        try home.write(text, to: "etc/" + file)
        if script { try home.addScript("ban", "#!/bin/sh\n") }
        return home
    }

    private func run(_ arguments: [String], in home: TemporaryHome) async -> (
        status: Int32, output: String, errors: String
    ) {
        let run = await ControlRun.of(["--home", home.path, "config"] + arguments)
        return (
            run.status, run.output.replacing(home.path + "/", with: ""),
            run.errors.replacing(home.path + "/", with: "")
        )
    }

    // MARK: check

    @Test func `a good configuration is 0 without a running manager`() async throws {
        let run = await run(["check"], in: try home(Self.good))
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output == "etc (manager): nothing to complain about\n")
    }

    @Test func `a home without an alert source is warned about, a file alone is not`() async throws {
        let home = try home(
            Self.good.split(separator: "\n").filter { !$0.contains("alert_source") }.joined(separator: "\n"))
        let whole = await run(["check"], in: home)
        #expect(whole.status == 0)
        #expect(whole.errors.hasPrefix("etc/edr-manager.conf:1:1: warning: no alert source is configured"))
        #expect(await run(["check", home.path + "/etc/edr-manager.conf"], in: home).errors == "")
    }

    @Test func `warnings are 0 and errors 78, each with its place`() async throws {
        let home = try home(Self.good)
        try home.write(Self.good.replacing(">7<", with: ">17<"), to: "warned.conf")
        let warned = await run(["check", home.path + "/warned.conf"], in: home)
        #expect(warned.status == 0)
        #expect(warned.errors.hasPrefix("warned.conf:3:75: warning: this active response never fires"))
        #expect(warned.output == "warned.conf (manager): 1 warning\n")
        try home.write(Self.good.replacing(">7<", with: ">x<"), to: "wrong.conf")
        let wrong = await run(["check", home.path + "/wrong.conf"], in: home)
        #expect(wrong.status == 78)
        #expect(
            wrong.errors == """
                wrong.conf:3:75: error: (1235): Invalid value for element 'level': 'x'. Expected a whole number from 0 \
                to 20
                edr-control: (1202): Configuration error at 'wrong.conf'. Correct the errors above

                """)
    }

    @Test func `conf_d belongs to the home's configuration`() async throws {
        let home = try home(Self.good)
        try FileManager.default.createDirectory(atPath: home.path + "/etc/conf.d", withIntermediateDirectories: false)
        try home.write("command: [{name: ban2, executable: ban}]\n", to: "etc/conf.d/a.yaml")
        let run = await run(["check"], in: home)
        #expect(run.status == 0)
        #expect(run.errors.hasPrefix("etc/conf.d/a.yaml:1:11: warning: no active response uses the command 'ban2'"))
    }

    @Test func `a home without a configuration is 78`() async throws {
        let run = await run(["check"], in: try TemporaryHome())
        #expect(run.status == 78)
        #expect(run.errors.hasPrefix("etc/edr-manager.conf:1:1: error: (1239): Configuration file not found"))
    }

    @Test(arguments: [
        ("0755", "", ""), ("0644", "is not executable; chmod +x", ""), ("0775", "is writable by group or others", ""),
        ("", "does not exist in 'active-response/bin'; put it there", ""),
        ("", "leads out of 'active-response/bin', to '/etc/passwd'", "/etc/passwd"),
        ("", "is not a regular file", "sub"), ("", "lies in the folder 'active-response/bin/open', which", "open/x"),
    ])
    func `executables that could not be run`(mode: String, problem: String, link: String) async throws {
        let home = try home(Self.good, script: false)
        if let mode = UInt32(mode, radix: 8) { try home.addScript("ban", "#!/bin/sh\n", mode: mode) }
        let bin = home.path + "/active-response/bin"
        for (folder, mode) in [("sub", 0o755), ("open", 0o777)] as [(String, mode_t)] {
            #expect(mkdir("\(bin)/\(folder)", 0o755) == 0 && chmod("\(bin)/\(folder)", mode) == 0)
        }
        try home.write("#!/bin/sh\n", to: "active-response/bin/open/x")
        chmod(bin + "/open/x", 0o755)
        if !link.isEmpty { #expect(symlink(link, bin + "/ban") == 0) }
        let run = await run(["check"], in: home)
        #expect(run.status == 0)
        if problem.isEmpty {
            #expect(run.errors == "")
        } else {
            #expect(run.errors.hasPrefix("etc/edr-manager.conf:2:40: warning: 'ban' \(problem)"), "\(run.errors)")
            #expect(run.errors.contains("agents only"))
        }
    }

    @Test func `a file that is not the one that its command is pinned to`() async throws {
        let sum = "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf"
        let pinned = Self.good.replacing("</executable>", with: "</executable><sha256>\(sum)</sha256>")
        let home = try home(pinned, script: false)
        try home.addScript("ban", "#!/bin/sh\n")
        #expect(await run(["check"], in: home).errors == "")
        try home.addScript("ban", "#!/bin/bash\n")
        let errors = await run(["check"], in: home).errors
        #expect(errors.contains("warning: 'ban' has the SHA-256 "), "\(errors)")
        #expect(errors.contains(" here and is refused; correct the sum or the file (it runs on agents only"))
    }

    @Test func `an agent's file is found out, and one without a manager is an error`() async throws {
        let agent = "<ossec_config><client><server><address>m</address></server></client></ossec_config>"
        let home = try home(agent, file: "edr-agent.conf")
        #expect(await run(["check"], in: home).output == "etc (agent): nothing to complain about\n")
        try home.write(agent, to: "ossec.conf")
        #expect(await run(["check", home.path + "/ossec.conf"], in: home).output.hasPrefix("ossec.conf (agent): "))
        #expect(
            await run(["check", "--for", "manager", home.path + "/ossec.conf"], in: home).output.contains("(manager)"))
        try home.write("active-response: {disabled: yes}\n", to: "etc/edr-agent.conf")
        try FileManager.default.moveItem(
            atPath: home.path + "/etc/edr-agent.conf", toPath: home.path + "/etc/edr-agent.yaml")
        let run = await run(["check"], in: home)
        #expect(run.status == 78)
        #expect(run.errors.contains("error: no manager is configured"))
        #expect(run.errors.contains("edr-agent.yaml:1:19: notice: (1350): Active response disabled."))
    }

    @Test func `json is one document with the same keys in every entry`() async throws {
        let text = Self.good.replacing("<level>7</level>", with: "<level>7</level><timeout>x</timeout><foo/>")
        let run = await run(["check", "-o", "json"], in: try home(text))
        #expect(run.status == 78)
        let document = try JSONDecoder().decode(Document.self, from: Data(run.output.utf8))
        #expect(
            document
                == Document(
                    valid: false, daemons: ["manager"],
                    diagnostics: [
                        .init(
                            severity: "error", file: "etc/edr-manager.conf", line: 3, column: 93, number: 1235,
                            message: document.diagnostics[0].message),
                        .init(
                            severity: "error", file: "etc/edr-manager.conf", line: 3, column: 104, number: 1230,
                            message: document.diagnostics[1].message),
                    ]))
        let warned = await self.run(
            ["check", "-o", "json"], in: try home(Self.good.replacing(">7<", with: ">17<")))
        #expect(warned.status == 0)
        #expect(warned.output.contains(#""number" : null"#))
    }

    private struct Document: Decodable, Equatable {
        struct Entry: Decodable, Equatable {
            let severity: String
            let file: String?
            let line: Int?
            let column: Int?
            let number: Int?
            let message: String
        }

        let valid: Bool
        let daemons: [String]
        let diagnostics: [Entry]
    }

    // MARK: convert

    @Test func `a file is converted to standard output, what is dropped is said on standard error`() async throws {
        let home = try TemporaryHome()
        try home.write(
            """
            <!-- Wazuh --><ossec_config><syscheck><disabled>no</disabled></syscheck>
            <global><white_list>::1</white_list><logall>no</logall></global></ossec_config>
            """, to: "ossec.conf")
        let run = await run(["convert", home.path + "/ossec.conf", "--to", "yaml"], in: home)
        #expect(run.status == 0)
        #expect(run.output == "global:\n  white_list: \"::1\"\n")
        #expect(
            run.errors == """
                ossec.conf:1:29: notice: the section <syscheck> of Wazuh or OSSEC is skipped
                ossec.conf:2:1: notice: options of Wazuh or OSSEC in <global> are skipped: logall
                'ossec.conf': comments are not carried over

                """)
    }

    @Test func `the shipped examples are the same in both formats`() async throws {
        let etc = Repository.path + "/etc/"
        let fromXML = await ControlRun.of(["config", "convert", etc + "edr-manager.conf", "--to", "xml"])
        let fromYAML = await ControlRun.of(["config", "convert", etc + "edr-manager.yaml", "--to", "xml"])
        #expect(fromXML.status == 0)
        #expect(fromXML.output == fromYAML.output)
        let agent = await ControlRun.of(["config", "convert", etc + "edr-agent.conf", "--to", "yaml"])
        #expect(agent.status == 0)
        #expect(agent.output.hasPrefix("client:\n  server:\n    address: "))
    }

    @Test func `what cannot be read is not converted`() async throws {
        let home = try home(Self.good.replacing(">7<", with: ">x<"))
        let run = await run(["convert", home.path + "/etc/edr-manager.conf", "--to", "yaml"], in: home)
        #expect(run.status == 78)
        #expect(run.output == "")
        #expect(await self.run(["convert", home.path + "/none", "--to", "xml"], in: home).status == 78)
    }

    @Test func `what XML cannot hold is refused`() async throws {
        let home = try TemporaryHome()
        try home.write("manager: {name: \(String(repeating: "x", count: 20_481))}\n", to: "long.yaml")
        let run = await run(["convert", home.path + "/long.yaml", "--to", "xml"], in: home)
        #expect(run.status == 1)
        #expect(run.output == "")
        #expect(run.errors.contains("cannot be written as xml: the result:3:11: error: (1226)"))
    }

    @Test(arguments: [
        ["config"], ["config", "convert", "x"], ["config", "convert", "x", "--to", "json"], ["config", "convert"],
    ])
    func `a wrong command line is 64`(arguments: [String]) async {
        #expect(await ControlRun.of(arguments).status == 64)
    }
}
