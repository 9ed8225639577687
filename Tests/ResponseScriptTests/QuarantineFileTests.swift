import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct `quarantine-file` {
    let script = ResponseScript(name: "quarantine-file")
    let home: TemporaryFolder
    let folder: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
        folder = try TemporaryFolder()
    }

    func run(_ action: String, _ file: String, alertID: String = "1.1") throws -> CommandResult {
        try ShellCommand.run(
            script.path, script.arguments(action, alertID: alertID, file: file),
            environment: ResponseScript.environment(["EDR_HOME": home.path]))
    }

    /// The files that are in quarantine.
    func quarantined() -> [String] {
        let store = home.path + "/var/quarantine"
        return ((try? FileManager.default.contentsOfDirectory(atPath: store)) ?? []).sorted().compactMap {
            home.text(of: "var/quarantine/\($0)/file")
        }
    }

    @Test(arguments: ["evil", "a b", "$(touch owned)", "-rf", "new\nline\n", "*", "'\"\\", ".hidden"], [true, false])
    func `a file goes and comes back as it was`(name: String, sameDisk: Bool) throws {
        // On the other file system it is copied.
        let place = sameDisk ? folder.path : "/dev/shm/edr-scripts-\(UUID().uuidString)"
        if !sameDisk { #expect(mkdir(place, 0o755) == 0) }
        defer { if !sameDisk { try? FileManager.default.removeItem(atPath: place) } }
        let file = place + "/" + name
        #expect(FileManager.default.createFile(atPath: file, contents: Data("bad\u{0}".utf8)))
        #expect(chown(file, 12, 34) == 0 && chmod(file, 0o4751) == 0)
        for _ in 0..<2 {
            let added = try run("add", file)
            #expect(added.status == 0, "\(added)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [])
            #expect(quarantined() == ["bad\u{0}"])
            let attributes = try FileManager.default.attributesOfItem(atPath: home.path + "/var/quarantine")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
        for _ in 0..<2 {
            let deleted = try run("delete", file)
            #expect(deleted.status == 0, "\(deleted)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [name])
            var status = stat()
            #expect(lstat(file, &status) == 0)
            #expect(status.st_uid == 12 && status.st_gid == 34 && status.st_mode == S_IFREG | 0o4751)
            #expect(FileManager.default.contents(atPath: file) == Data("bad\u{0}".utf8))
        }
        #expect(quarantined() == [])
    }

    @Test func `a newer file is never written over`() throws {
        try folder.write("old", to: "a")
        #expect(try run("add", folder.path + "/a").status == 0)
        try folder.write("new", to: "a")
        let refused = try run("delete", folder.path + "/a")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("still in quarantine"))
        #expect(folder.text(of: "a") == "new")
        #expect(quarantined() == ["old"])
    }

    @Test func `each alert brings back what was taken for it, a start by hand the latest`() throws {
        let file = folder.path + "/a"
        for (text, alert) in [("first", "1.1"), ("second", "2.2"), ("third", "3.3")] {
            try folder.write(text, to: "a")
            #expect(try run("add", file, alertID: alert).status == 0)
        }
        #expect(quarantined() == ["first", "second", "third"])
        #expect(try run("delete", file, alertID: "4.4").output.contains("nothing to undo"))
        #expect(folder.text(of: "a") == nil)
        #expect(try run("delete", file, alertID: "2.2").status == 0)
        #expect(folder.text(of: "a") == "second")
        #expect(unlink(file) == 0)
        #expect(try run("delete", file, alertID: "-").status == 0)
        #expect(folder.text(of: "a") == "third")
        #expect(quarantined() == ["first"])
    }

    @Test func `no link is followed`() throws {
        try folder.write("precious", to: "target")
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
        #expect(try run("add", link).errors.contains("is a link; refused"))
        let inner = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: inner.path + "/folder", withDestinationPath: folder.path)
        let through = try run("add", inner.path + "/folder/target")
        #expect(through.status == 1)
        #expect(through.errors.contains("leads through"), "\(through)")
        #expect(folder.text(of: "target") == "precious")
        #expect(quarantined() == [])
    }

    @Test func `links of root's own are followed`() throws {
        try #require(try FileManager.default.destinationOfSymbolicLink(atPath: "/bin") == "usr/bin")
        let name = "edr-test-\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: "/usr/bin/" + name, contents: Data()))
        defer { unlink("/usr/bin/" + name) }
        let result = try run("add", "/bin/" + name)
        #expect(result.status == 0, "\(result)")
        #expect(access("/usr/bin/" + name, F_OK) != 0)
        #expect(try run("delete", "/bin/" + name).status == 0)
        #expect(access("/usr/bin/" + name, F_OK) == 0)
    }

    @Test func `folders, pipes, devices and the agent's own files are refused`() throws {
        #expect(mkdir(folder.path + "/folder", 0o755) == 0 && mkfifo(folder.path + "/pipe", 0o644) == 0)
        try home.write("key", to: "key")
        let own = home.path + "/key"
        for path in [folder.path + "/folder", folder.path + "/pipe", "/dev/null", own] {
            let result = try run("add", path)
            #expect(result.status == 1)
            #expect(result.errors.contains("refused"), "\(result)")
            #expect(access(path, F_OK) == 0)
        }
        #expect(quarantined() == [])
    }

    @Test(arguments: [
        "", "-", "evil", "./evil", "/", "/tmp/", "/tmp/../etc/hosts", "/tmp/./x", "//etc/hosts", "/tmp/..",
        "/proc/version",
        "/nonexistent/x",
    ])
    func `what is no path of a file is refused`(path: String) throws {
        let result = try run("add", path)
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(quarantined() == [])
    }

    @Test func `a file whose folder is gone stays in quarantine`() throws {
        #expect(mkdir(folder.path + "/b", 0o755) == 0)
        try folder.write("old", to: "b/a")
        #expect(try run("add", folder.path + "/b/a").status == 0)
        #expect(rmdir(folder.path + "/b") == 0)
        let result = try run("delete", folder.path + "/b/a")
        #expect(result.status == 1)
        #expect(result.errors.contains("still in quarantine"))
        #expect(quarantined() == ["old"])
    }
}
