import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and mount namespaces"))
struct `host-deny` {
    let script = ResponseScript(name: "host-deny")
    /// What the script sees as /etc.
    let etc: TemporaryFolder

    init() throws {
        etc = try TemporaryFolder()
        // Where awk is.
        _ = try ShellCommand.run("/bin/cp", ["-a", "/etc/alternatives", etc.path])
    }

    /// Runs a program in a mount namespace whose /etc is ours.
    func inside(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try ShellCommand.run(
            "/usr/bin/unshare",
            ["--mount", "--net", "/bin/sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", etc.path, program]
                + arguments,
            environment: ResponseScript.environment(environment))
    }

    func run(_ action: String, _ ip: String, environment: [String: String] = [:]) throws -> CommandResult {
        try inside(script.path, script.arguments(action, ip: ip), environment: environment)
    }

    @Test func `an address goes in once, and out again alone`() throws {
        let others = """
            # ours
            ALL: 1.2.3.40
            ALL: 11.2.3.4
            sshd: 1.2.3.4
            ALL:1.2.3.4x
            #ALL: 1.2.3.4
            ALL: 1.2.3.4, 5.6.7.8
            ALL : \u{0}\u{FF}\\

            """
        try etc.write(others, to: "hosts.deny")
        for _ in 0..<2 {
            let added = try run("add", "1.2.3.4")
            #expect(added.status == 0, "\(added)")
            #expect(etc.text(of: "hosts.deny") == others + "\nALL: 1.2.3.4\n")
        }
        #expect(try run("add", "1.2.3").status == 1)
        for _ in 0..<2 {
            let deleted = try run("delete", "1.2.3.4")
            #expect(deleted.status == 0, "\(deleted)")
            #expect(etc.text(of: "hosts.deny") == others + "\n")
        }
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: etc.path)) == ["alternatives", "hosts.deny"])
    }

    @Test(arguments: [
        ("2001:DB8::1", "ALL: [2001:db8::1]\n"), ("2001:db8:0:0::1", "ALL: [2001:db8::1]\n"),
        ("::ffff:192.0.2.1", "ALL: 192.0.2.1\n"),
    ])
    func `addresses are written as TCP wrappers want them`(address: String, line: String) throws {
        #expect(try run("add", address).status == 0)
        #expect(etc.text(of: "hosts.deny") == line)
        #expect(try run("delete", address).status == 0)
        #expect(etc.text(of: "hosts.deny") == "")
    }

    @Test(arguments: [
        ("192.0.2.1", "ALL:192.0.2.1"), ("192.0.2.1", "ALL: 192.0.2.1"), ("2001:db8::1", "ALL:[2001:db8::1]"),
        ("2001:db8::1", "ALL:2001:db8::1"),
    ])
    func `lines of Wazuh's and OSSEC's scripts are found on delete`(address: String, line: String) throws {
        try etc.write("a: b\n\(line)\nc: d\n\(line)", to: "hosts.deny")
        #expect(try run("delete", address).status == 0)
        #expect(etc.text(of: "hosts.deny") == "a: b\nc: d\n")
    }

    @Test func `an IPv6 line without brackets does not count as denied`() throws {
        try etc.write("ALL:2001:db8::1\n", to: "hosts.deny")
        #expect(try run("add", "2001:db8::1").status == 0)
        #expect(etc.text(of: "hosts.deny") == "ALL:2001:db8::1\nALL: [2001:db8::1]\n")
    }

    @Test(arguments: [
        ("", ""), ("a: b", "\n"), ("a: b\n", ""), ("a: b \\\n", "\n"), ("a: b \\", "\n\n"), ("\n", ""), ("x", "\n"),
    ])
    func `the line is one of its own whatever the end of the file is`(before: String, gap: String) throws {
        try etc.write(before, to: "hosts.deny")
        #expect(try run("add", "192.0.2.1").status == 0)
        #expect(etc.text(of: "hosts.deny") == before + gap + "ALL: 192.0.2.1\n")
    }

    @Test func `without the file delete has nothing to do and add makes it readable for everybody`() throws {
        #expect(try run("delete", "192.0.2.1").status == 0)
        #expect(etc.text(of: "hosts.deny") == nil)
        #expect(try run("add", "192.0.2.1").status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: etc.path + "/hosts.deny")
        #expect(attributes[.posixPermissions] as? Int == 0o644)
    }

    @Test func `owner and mode stay as they are`() throws {
        try etc.write("a: b\n", to: "hosts.deny")
        let path = etc.path + "/hosts.deny"
        #expect(chown(path, 12, 34) == 0 && chmod(path, 0o640) == 0)
        for action in ["add", "delete"] {
            #expect(try run(action, "192.0.2.1").status == 0)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_uid == 12 && status.st_gid == 34 && status.st_mode & 0o7777 == 0o640)
        }
    }

    @Test func `a link stays a link`() throws {
        try etc.write("a: b\n", to: "real")
        try FileManager.default.createSymbolicLink(atPath: etc.path + "/hosts.deny", withDestinationPath: "real")
        #expect(try run("add", "192.0.2.1").status == 0)
        #expect(etc.text(of: "real") == "a: b\nALL: 192.0.2.1\n")
        #expect(try run("delete", "192.0.2.1").status == 0)
        #expect(etc.text(of: "real") == "a: b\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: etc.path + "/hosts.deny") == "real")
    }

    @Test func `a file that is mounted by itself is written over`() throws {
        try etc.write("", to: "hosts.deny")
        try etc.write("a: b\nALL: 192.0.2.1\n", to: "mounted")
        let result = try inside(
            "/bin/sh",
            ["-c", "mount --bind /etc/mounted /etc/hosts.deny && exec \"$0\" \"$@\"", script.path]
                + script.arguments("delete", ip: "192.0.2.1"))
        #expect(result.status == 0, "\(result)")
        #expect(etc.text(of: "mounted") == "a: b\n")
    }

    @Test func `thirty at the same moment lose nothing of each other`() throws {
        try etc.write("a: b\nALL: 192.0.2.200\n", to: "hosts.deny")
        let result = try inside(
            "/bin/bash",
            [
                "-ec",
                """
                for i in $(seq 20); do "$0" add - 192.0.2.$i 1.1 1 a - & jobs="$jobs $!"; done
                "$0" delete - 192.0.2.200 1.1 1 a - & jobs="$jobs $!"
                for job in $jobs; do wait $job; done
                jobs=
                for i in $(seq 10); do "$0" delete - 192.0.2.$i 1.1 1 a - & jobs="$jobs $!"; done
                for job in $jobs; do wait $job; done
                """, script.path,
            ])
        #expect(result.status == 0, "\(result)")
        let lines = etc.text(of: "hosts.deny").map { Set($0.split(separator: "\n").map(String.init)) }
        #expect(lines == Set(["a: b"] + (11...20).map { "ALL: 192.0.2.\($0)" }))
    }

    @Test(arguments: ["-", "127.0.0.1", "ALL", "1.2.3.4 : spawn reboot", "1.2.3.4\nALL: ALL", "1.2.3.4/24"])
    func `what is not the address of another host is refused`(address: String) throws {
        let result = try run("add", address)
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(etc.text(of: "hosts.deny") == nil)
    }

    @Test func `the manager is never denied`() throws {
        let result = try run("add", "192.0.2.1", environment: ["EDR_MANAGER_ADDRESSES": "192.0.2.1"])
        #expect(result.status == 1)
        #expect(etc.text(of: "hosts.deny") == nil)
    }

    @Test func `lines that were taken away come back in one write`() throws {
        try etc.write("a: b\nALL: 192.0.2.8", to: "hosts.deny")
        let lines = ["192.0.2.7", "2001:DB8::7", "127.0.0.1", "192.0.2.8", "192.0.2.7"].enumerated()
            .map { "a\($0)\t60\t-\t\($1)\t-" }.joined(separator: "\n")
        func restore() throws -> CommandResult {
            try inside("/bin/sh", ["-c", "printf '%s' \"$1\" | \"$0\" restore", script.path, lines])
        }
        let result = try restore()
        #expect(result.status == 0 && result.output == "restored a0\nrestored a1\nrestored a4\n", "\(result)")
        #expect(
            etc.text(of: "hosts.deny") == "a: b\nALL: 192.0.2.8\nALL: 192.0.2.7\nALL: [2001:db8::7]\n")
        #expect(try restore().output == "")
    }
}
