import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and mount namespaces"))
struct `block-url` {
    let script = ResponseScript(name: "block-url")
    /// What the script sees as /etc.
    let etc: TemporaryFolder
    static let hosts = "127.0.0.1 localhost\n10.0.0.1 Intranet.example other # evil.example\n#1.1.1.1 evil.example\n"

    init() throws {
        etc = try TemporaryFolder()
        try etc.write(Self.hosts, to: "hosts")
        try etc.write("hosts: files\n", to: "nsswitch.conf")
        // Where awk is.
        _ = try ShellCommand.run("/bin/cp", ["-a", "/etc/alternatives", etc.path])
    }

    func inside(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try ShellCommand.run(
            "/usr/bin/unshare",
            ["--mount", "--net", "/bin/sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", etc.path, program]
                + arguments, environment: ResponseScript.environment(environment))
    }

    func run(_ action: String, _ url: String, environment: [String: String] = [:]) throws -> CommandResult {
        try inside(script.path, script.arguments(action, extra: [url]), environment: environment)
    }

    @Test func `a name leads nowhere until it is released`() throws {
        for _ in 0..<2 {
            let added = try run("add", "evil.example")
            #expect(added.status == 0, "\(added)")
        }
        #expect(try run("add", "b.evil.example").status == 0)
        #expect(try inside("/usr/bin/getent", ["-A", "ahostsv4", "evil.example"]).output.hasPrefix("0.0.0.0 "))
        #expect(try inside("/usr/bin/getent", ["-A", "ahostsv6", "evil.example"]).output.hasPrefix(":: "))
        let lines = try #require(etc.text(of: "hosts")).dropFirst(Self.hosts.count).split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.first?.hasPrefix("# ") == true && lines.last?.hasPrefix("# ") == true)
        for _ in 0..<2 { #expect(try run("delete", "evil.example").status == 0) }
        #expect(try inside("/usr/bin/getent", ["-A", "ahostsv4", "evil.example"]).status != 0)
        #expect(try inside("/usr/bin/getent", ["-A", "ahostsv4", "b.evil.example"]).status == 0)
        #expect(try run("delete", "b.evil.example").status == 0)
        #expect(etc.text(of: "hosts") == Self.hosts)
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: etc.path)) == [
                "alternatives", "hosts", "nsswitch.conf",
            ])
    }

    @Test(arguments: [
        "https://Evil.Example/path?q#f", "http://user:password@evil.example:8080", "EVIL.EXAMPLE.", "evil.example:443",
        "https://evil.example\\@good.example/", "ftp://evil.example?x=/@good.example", "evil.example/a",
    ])
    func `the host of a URL counts`(url: String) throws {
        let result = try run("add", url)
        #expect(result.status == 0, "\(result)")
        #expect(etc.text(of: "hosts")?.contains("\n0.0.0.0 evil.example\n:: evil.example\n") == true)
        #expect(try run("delete", "evil.example").status == 0)
        #expect(etc.text(of: "hosts") == Self.hosts)
    }

    @Test(arguments: [
        "", "-", "localhost", "x.localhost", "intranet.example", "OTHER", "manager.example", "192.0.2.1", "127.1",
        "http://[::1]/", "0x7f000001", "2130706433", "/admin", "a b", "evil.example\n1.2.3.4 good.example", "a..b",
        "-a.example",
        "a-.example", "*", "http:///x", "http://a:b", "\u{E9}vil.example", "$(id).example",
    ])
    func `what is no name of another host is refused`(url: String) throws {
        let result = try run("add", url, environment: ["EDR_MANAGER_ADDRESSES": "10.0.0.1,Manager.Example"])
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(etc.text(of: "hosts") == Self.hosts)
    }

    @Test func `owner and mode stay, and a file that is mounted by itself is written over`() throws {
        #expect(chown(etc.path + "/hosts", 12, 34) == 0 && chmod(etc.path + "/hosts", 0o640) == 0)
        #expect(try run("add", "evil.example").status == 0)
        var status = stat()
        #expect(stat(etc.path + "/hosts", &status) == 0)
        #expect(status.st_uid == 12 && status.st_gid == 34 && status.st_mode & 0o7777 == 0o640)
        try etc.write("10.0.0.1 x", to: "mounted")
        let result = try inside(
            "/bin/sh",
            ["-c", "mount --bind /etc/mounted /etc/hosts && exec \"$0\" \"$@\"", script.path]
                + script.arguments("add", extra: ["evil.example"]))
        #expect(result.status == 0, "\(result)")
        #expect(etc.text(of: "mounted")?.hasPrefix("10.0.0.1 x\n# ") == true)
    }

    @Test func `a name that is still found makes it fail`() throws {
        try etc.write("hosts: dns\n", to: "nsswitch.conf")
        let result = try run("add", "evil.example")
        #expect(result.status == 1)
        #expect(result.errors.contains("nsswitch.conf"), "\(result)")
    }

    @Test func `twenty at the same moment lose nothing of each other`() throws {
        let result = try inside(
            "/bin/bash",
            [
                "-ec",
                """
                for i in $(seq 20); do "$0" add - - 1.1 1 a - h$i.example & jobs="$jobs $!"; done
                for job in $jobs; do wait $job; done
                """, script.path,
            ])
        #expect(result.status == 0, "\(result)")
        for i in 1...20 { #expect(etc.text(of: "hosts")?.contains("\n0.0.0.0 h\(i).example\n") == true) }
    }

    @Test func `names that were taken away come back`() throws {
        #expect(try run("add", "evil.example").status == 0)
        let lines = ["https://evil.example/x", "Bad.Example", "localhost", "192.0.2.7"].enumerated()
            .map { "a\($0)\t60\t-\t-\t-\t\($1)" }.joined(separator: "\n")
        func restore() throws -> CommandResult {
            try inside("/bin/sh", ["-c", "printf '%s' \"$1\" | \"$0\" restore", script.path, lines])
        }
        #expect(try restore().output == "restored a1\n")
        #expect(etc.text(of: "hosts")?.contains("0.0.0.0 evil.example\n:: evil.example\n0.0.0.0 bad.example\n") == true)
        try etc.write(Self.hosts, to: "hosts")
        #expect(try restore().output == "restored a0\nrestored a1\n")
        #expect(try restore().output == "")
    }
}
