import Foundation
import TestSupport
import Testing

@Suite struct `The shipped scripts` {
    static let names = [
        "block-url", "disable-account", "firewall-drop", "firewalld-drop", "host-deny", "ip-customblock", "ipfw",
        "isolate", "kill-process", "kill-process-tree", "notify-webhook", "npf", "pf", "quarantine-file",
        "restart-edr", "route-null",
    ]
    /// Other names, most of which OSSEC and Wazuh have.
    static let otherNames = [
        "nftables-drop": "firewall-drop", "nftables-drop.sh": "nftables-drop", "delete-file": "quarantine-file",
        "delete-file.sh": "quarantine-file", "restart-ossec.sh": "restart-edr", "restart-wazuh": "restart-edr",
        "ossec-slack.sh": "notify-webhook", "wazuh-slack": "notify-webhook",
    ]

    @Test func `nothing else is there than scripts, their other names and the library`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: ResponseScript.folder)
        let known = Self.names + Self.names.map { $0 + ".sh" } + Self.otherNames.keys + ["template.sh", "lib"]
        #expect(Set(files) == Set(known))
        for (name, target) in Self.otherNames {
            let link = ResponseScript(name: name).path
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        }
    }

    @Test(arguments: names)
    func `each is executable, writable by its owner only, and has its old name as a link`(name: String) throws {
        var status = stat()
        #expect(lstat(ResponseScript(name: name).path, &status) == 0)
        #expect(status.st_mode == S_IFREG | 0o755)
        let link = ResponseScript(name: name + ".sh").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == name)
    }

    @Test func `the library is no response`() throws {
        for file in Repository.files(below: "active-response/bin/lib") {
            #expect(access(Repository.path + "/" + file, X_OK) != 0, "\(file)")
        }
    }

    @Test(arguments: names)
    func `a bad or missing action is refused with the usage`(name: String) throws {
        let script = ResponseScript(name: name)
        for arguments in [[], ["block"], ["ADD", "-", "192.0.2.1"], ["--help"], ["-h"]] {
            let result = try ShellCommand.run(script.path, arguments, environment: ResponseScript.environment())
            #expect(result.status == 1)
            #expect(result.errors.contains("add") && result.errors.contains("delete"))
        }
    }

    @Test func `a script finds its library through links from anywhere`() throws {
        let folder = try TemporaryFolder()
        for (link, target) in [("a", ResponseScript(name: "kill-process.sh").path), ("b", "a")] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(link)", withDestinationPath: target)
        }
        for program in ["./b", folder.path + "/b"] {
            let result = try ShellCommand.run(
                "/bin/sh", ["-c", "cd \"$0\" && exec \"$@\"", folder.path, program, "delete"],
                environment: ResponseScript.environment())
            #expect(result.status == 0, "\(result)")
        }
        let bare = try ShellCommand.run(
            "/bin/sh", ["-c", "cd \"$0\" && exec sh kill-process delete", ResponseScript.folder],
            environment: ResponseScript.environment())
        #expect(bare.status == 0, "\(bare)")
    }

    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4 4"), ("255.0.0.0", "255.0.0.0 4"), ("::", ":: 6"), ("::1", "::1 6"), ("1::", "1:: 6"),
        ("2001:DB8::A", "2001:db8::a 6"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1 6"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8 6"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0 6"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8 6"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3 6"),
        ("0001:0000::0002", "1::2 6"), ("::ffff:1.2.3.4", "1.2.3.4 4"), ("::FFFF:102:304", "1.2.3.4 4"),
        ("::ffff:1:2:3", "::ffff:1:2:3 6"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304 6"),
        ("0:0:0:0:0:0:0:0", ":: 6"), ("::ffff:0:0", "0.0.0.0 4"),
    ])
    func `an address has one form`(text: String, parsed: String) throws {
        #expect(try parse(text) == parsed + "\n")
    }

    @Test(arguments: [
        "", "-", "1", "1.2.3", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3", "01.2.3.4", "1.2.3.256", "1.2.3.9999",
        "0x1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4/32", ":", ":::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2::3", ":1::2", "1::2:", "12345::", "g::", "::1%lo", "[::1]",
        "::1.2.3", "::1.2.3.400", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "*", "?", "::*",
    ])
    func `what is no address is none`(text: String) throws {
        #expect(try parse(text) == "")
    }

    /// What the library makes of a text: the usual form and the family, or nothing.
    private func parse(_ text: String) throws -> String {
        try ShellCommand.run(
            "/bin/sh",
            [
                "-uc",
                ". \"$0/response.sh\"; . \"$0/address.sh\"; if parse_address \"$1\"; then echo \"$parsed $family\"; fi",
                ResponseScript.folder + "/lib", text,
            ]
        ).output
    }

    @Test func `the template adds and deletes as often as it is asked to`() throws {
        let home = try TemporaryFolder()
        let template = ResponseScript(name: "template.sh")
        let environment = ResponseScript.environment(["EDR_HOME": home.path])
        for (action, isThere) in [("delete", false), ("add", true), ("add", true), ("delete", false)] {
            let result = try ShellCommand.run(
                template.path, template.arguments(action, ip: "192.0.2.1"), environment: environment)
            #expect(result.status == 0, "\(result)")
            #expect((home.text(of: "run/template/192.0.2.1") != nil) == isThere)
        }
        let refused = try ShellCommand.run(
            template.path, template.arguments("add", ip: "../../x"), environment: environment)
        #expect(refused.status == 1)
    }

    static let shellcheck = "/usr/bin/shellcheck"

    @Test(.enabled(if: access(shellcheck, X_OK) == 0, "needs shellcheck"))
    func `shellcheck has nothing to say`() throws {
        let files = Repository.files(below: "active-response/bin").filter {
            var status = stat()
            return lstat(Repository.path + "/" + $0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
        #expect(files.count > Self.names.count)
        let result = try ShellCommand.run(
            Self.shellcheck, ["-x", "-P", Repository.path] + files.map { Repository.path + "/" + $0 })
        #expect(result.status == 0, "\(result.output)")
    }
}
