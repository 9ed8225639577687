import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and mount namespaces"))
struct `disable-account` {
    let script = ResponseScript(name: "disable-account")
    let home: TemporaryFolder
    /// What the script sees as /etc, with accounts of its own.
    let etc: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
        etc = try TemporaryFolder()
        try etc.write(
            """
            root:x:0:0::/root:/bin/sh
            toor:x:0:0::/root:/bin/sh
            mallory:x:4001:4001::/nonexistent:/bin/sh
            open:x:4002:4001::/nonexistent:/bin/sh
            closed:x:4004:4001::/nonexistent:/bin/sh

            """, to: "passwd")
        try etc.write(Self.shadow, to: "shadow")
        try etc.write("", to: "group")
        try etc.write("passwd: files\nshadow: files\ngroup: files\n", to: "nsswitch.conf")
        _ = try ShellCommand.run("/bin/sh", ["-c", "cp -a /etc/pam.d /etc/login.defs /etc/security \"$0\"", etc.path])
    }

    static let shadow = """
        root:*:19000:0:99999:7:::
        toor:*:19000:0:99999:7:::
        mallory:$6$salt$hash:19000:0:99999:7::30000:
        open::19000:0:99999:7:::
        closed:!$6$salt$hash:19000:0:99999:7:::

        """

    func inside(_ program: String, _ arguments: [String]) throws -> CommandResult {
        try ShellCommand.run(
            "/usr/bin/unshare",
            ["--mount", "/bin/sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", etc.path, program] + arguments,
            environment: ResponseScript.environment(["EDR_HOME": home.path]))
    }

    func run(_ action: String, _ user: String) throws -> CommandResult {
        try inside(script.path, script.arguments(action, user: user))
    }

    @Test(arguments: ["mallory", "open", "closed"])
    func `an account is locked and expired, then as it was`(user: String) throws {
        for _ in 0..<2 {
            let added = try run("add", user)
            #expect(added.status == 0, "\(added)")
            #expect(try inside("/usr/bin/passwd", ["-S", user]).output.hasPrefix("\(user) L "))
            let line = etc.text(of: "shadow")?.split(separator: "\n").first { $0.hasPrefix(user + ":") }
            #expect(line?.hasPrefix("\(user):!") == true && line?.hasSuffix("::1:") == true, "\(line ?? "")")
        }
        for _ in 0..<2 {
            let deleted = try run("delete", user)
            #expect(deleted.status == 0, "\(deleted)")
            // An empty password counts as a new one, with the date of today.
            let shadow = etc.text(of: "shadow")?.replacing(/open::\d+:/, with: "open::19000:")
            #expect(shadow == Self.shadow)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/var/disabled-accounts") == [])
    }

    @Test func `delete lets an account be that was not locked by it`() throws {
        let result = try run("delete", "closed")
        #expect(result.status == 0)
        #expect(result.output.contains("nothing to undo"))
        #expect(etc.text(of: "shadow") == Self.shadow)
    }

    @Test func `what somebody has changed meanwhile is not touched`() throws {
        #expect(try run("add", "mallory").status == 0)
        #expect(try inside("/usr/sbin/usermod", ["-U", "-e", "31000", "mallory"]).status == 0)
        let changed = etc.text(of: "shadow")
        #expect(try run("delete", "mallory").status == 0)
        #expect(etc.text(of: "shadow") == changed)
    }

    @Test(arguments: ["root", "toor"]) func `root is refused by any name`(user: String) throws {
        let result = try run("add", user)
        #expect(result.status == 1)
        #expect(result.errors.contains("is root; refused"))
        #expect(etc.text(of: "shadow") == Self.shadow)
    }

    @Test func `the owner of the home is refused`() throws {
        #expect(chown(home.path, 4001, 4001) == 0)
        let result = try run("add", "mallory")
        #expect(result.status == 1)
        #expect(result.errors.contains("owns"))
        #expect(etc.text(of: "shadow") == Self.shadow)
    }

    // getent takes "0" and "4001" for user ids.
    @Test(arguments: ["0", "4001", "nobody-such", "-", "", "mallory:x", "-rf"])
    func `what is no account's name is refused`(user: String) throws {
        let result = try run("add", user)
        #expect(result.status == 1)
        #expect(etc.text(of: "shadow") == Self.shadow)
    }

    @Test func `an account that cannot be locked makes it fail`() throws {
        try etc.write("", to: "shadow.lock")
        try etc.write("", to: "passwd.lock")
        let result = try inside(
            "/bin/sh",
            [
                "-c", "mount --bind -o ro /etc /etc && mount -o remount,bind,ro /etc && exec \"$0\" \"$@\"",
                script.path,
            ] + script.arguments("add", user: "mallory"))
        #expect(result.status == 1, "\(result)")
        #expect(result.errors.contains("could not be locked"), "\(result)")
    }
}
