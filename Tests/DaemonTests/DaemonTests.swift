import Daemon
import Foundation
import Logging
import TestSupport
import Testing

@Suite struct `The home` {
    @Test func `paths lie below it, whatever way it is written`() {
        #expect(Home("/a/b/").controlSocket == "/a/b/run/manager.sock")
        #expect(Home("/").etc == "//etc")
        #expect(Home("relative").path.hasSuffix("/relative"))
        #expect(Home("relative").path.hasPrefix("/"))
    }

    @Test func `a control socket with too long a path is refused, with the path and the limit`() throws {
        let rest = "/run/manager.sock".utf8.count
        try Home("/" + String(repeating: "a", count: 107 - rest - 1)).checkControlSocket()
        let long = Home("/" + String(repeating: "a", count: 107 - rest))
        let error = #expect(throws: DaemonError.self) { try long.checkControlSocket() }
        #expect(error?.description.contains(long.controlSocket) == true)
        #expect(error?.description.contains("107") == true)
    }

    @Test func `folders are made with modes that keep others out`() throws {
        let temporary = try TemporaryHome()
        let home = Home(temporary.path + "/deep/home")
        try home.createFolders()
        try home.createFolders()
        let attributes = try FileManager.default.attributesOfItem(atPath: home.state)
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0)
        #expect(FileManager.default.fileExists(atPath: home.responseScripts))
    }

    @Test func `a second daemon in the same home is refused`() throws {
        let temporary = try TemporaryHome()
        let path = temporary.path + "/run/x.pid"
        let first = try PidFile(path: path)
        let error = #expect(throws: DaemonError.self) { try PidFile(path: path) }
        #expect(error?.description.contains("process \(getpid())") == true)
        first.remove()
        try PidFile(path: path).remove()
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

@Suite struct `The log` {
    @Test func `a value from outside cannot forge a line`() throws {
        let home = try TemporaryHome()
        let log = try DaemonLog(path: home.path + "/logs/x.log")
        var logger = log.logger(label: "test")
        logger.logLevel = .info
        logger.info("Message", metadata: .of([.reason: "a b\n2026 forged \"q\" \\ \u{1B}[0m", .alert: "1.2"]))
        let lines = FileLines.now(home.path + "/logs/x.log")
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(#"info test: Message alert=1.2 reason="a b\n2026 forged \"q\" \\ \x1b[0m""#))
    }

    @Test func `after a rotation the new file is written`() throws {
        let home = try TemporaryHome()
        let path = home.path + "/logs/x.log"
        let log = try DaemonLog(path: path)
        let logger = log.logger(label: "test")
        logger.info("One")
        rename(path, path + ".1")
        try log.reopen()
        logger.info("Two")
        #expect(FileLines.now(path + ".1").count == 1)
        #expect(FileLines.now(path).count == 1)
    }

    @Test func `what is logged together is written at the end, each line in its file, also when it fails`() throws {
        struct Failure: Error {}
        let home = try TemporaryHome()
        let paths = ["x", "y"].map { home.path + "/logs/\($0).log" }
        let loggers = try paths.map { try DaemonLog(path: $0).logger(label: "test") }
        #expect(throws: Failure.self) {
            try DaemonLog.together {
                loggers[0].info("One")
                DaemonLog.together { loggers[0].info("Two") }
                #expect(FileLines.now(paths[0]).isEmpty)
                loggers[1].info("Three")
                loggers[0].info("Four")
                throw Failure()
            }
        }
        #expect(FileLines.now(paths[0]).compactMap { $0.split(separator: " ").last } == ["One", "Two", "Four"])
        #expect(FileLines.now(paths[1]).count == 1)
        loggers[1].info("Five")
        #expect(FileLines.now(paths[1]).count == 2)
    }

    @Test func `more than is kept together is written before`() throws {
        let home = try TemporaryHome()
        let path = home.path + "/logs/x.log"
        let logger = try DaemonLog(path: path).logger(label: "test")
        let long = String(repeating: "x", count: 10_000)
        DaemonLog.together {
            for _ in 0..<100 { logger.info("\(long)") }
            #expect(FileLines.now(path).count > 50)
        }
        #expect(FileLines.now(path).count == 100)
    }
}

@Suite struct `Points of time` {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_744_557_901_482, "2025-04-13T15:25:01.482Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `are written in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(Timestamp.iso8601(milliseconds: milliseconds) == text)
    }
}

@Suite struct `The systemd units` {
    @Test(arguments: ["edr-agent", "edr-manager"])
    func `give a daemon the time that it takes to undo everything`(name: String) throws {
        let unit = try Repository.text(of: "etc/systemd/\(name).service")
        let match = try #require(unit.firstMatch(of: /TimeoutStopSec=(\d+)/))
        let seconds = try #require(Int64(match.1))
        // Scripts that run then get 3 s more, and the ledger its last commit.
        #expect(seconds >= StopLimit.undoing.components.seconds + 15)
    }
}
