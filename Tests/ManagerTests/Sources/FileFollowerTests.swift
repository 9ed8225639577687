import Alerts
import Foundation
import Logging
import Synchronization
import Testing

@testable import Manager
import ManagerSettings

@Suite final class `Following a file` {
    private let folder: String
    private let path: String

    init() throws {
        folder = NSTemporaryDirectory() + "edr-follow-\(UUID().uuidString)"
        path = folder + "/alerts.json"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func append(_ text: String, to path: String? = nil) throws {
        let path = path ?? self.path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.seekToEndOfFile()
        handle.write(Data(text.utf8))
        try handle.close()
    }

    private func follower(
        _ saved: FilePosition? = nil, start: FileSource.Start = .end, logger: Logger = .quiet
    ) -> FileFollower {
        FileFollower(path: path, start: start, saved: saved, source: "test", logger: logger)
    }

    /// A logger that keeps its messages.
    private func listening(_ messages: Messages) -> Logger {
        Logger(label: "test") { _ in ListeningLogHandler { message in messages.all.withLock { $0.append(message) } } }
    }

    private func read(_ follower: inout FileFollower) -> [String] {
        var lines: [String] = []
        while follower.readNext({ line, _ in
            if case .complete(let bytes) = line { lines.append(String(decoding: bytes, as: UTF8.self)) }
        }) {}
        return lines
    }

    @Test func `at the first start old alerts are left alone, or read when wanted`() throws {
        try append("old\n")
        var atEnd = follower()
        var atBeginning = follower(start: .beginning)
        try append("new\n")
        #expect(self.read(&atEnd) == ["new"])
        #expect(self.read(&atBeginning) == ["old", "new"])
    }

    @Test func `a half-written last line waits for its rest, also across a restart`() throws {
        try append("old\nha")
        var first = follower()
        #expect(self.read(&first) == [])
        try append("lf")
        #expect(self.read(&first) == [])
        var second = follower(first.position)
        try append("!\nnext\n")
        #expect(self.read(&first) == ["half!", "next"])
        #expect(self.read(&second) == ["half!", "next"])
    }

    @Test func `a file that appears later is read from its beginning`() throws {
        var follower = follower()
        #expect(self.read(&follower) == [])
        try append("one\n")
        #expect(self.read(&follower) == ["one"])
    }

    @Test func `a file that was created while nobody ran is read from its beginning`() throws {
        let position = follower().position
        try append("one\n")
        var later = follower(position)
        #expect(self.read(&later) == ["one"])
    }

    @Test func `after a rotation the rest of the old file is read before the new one`() throws {
        try append("1\n")
        var follower = follower(start: .beginning)
        #expect(self.read(&follower) == ["1"])
        try append("2\n")
        try FileManager.default.moveItem(atPath: path, toPath: folder + "/alerts.json.1")
        try append("3\n")
        #expect(self.read(&follower) == ["2", "3"])
        try append("late\n", to: folder + "/alerts.json.1")
        #expect(self.read(&follower) == ["late"])
    }

    @Test func `a truncated file is read from its beginning`() throws {
        try append("a longer first line\n")
        var follower = follower(start: .beginning)
        #expect(read(&follower).count == 1)
        truncate(path, 0)
        try append("b\n")
        #expect(self.read(&follower) == ["b"])
    }

    /// More than was there, as much to the byte, and with the same beginning.
    @Test(arguments: ["x\ny\nz\nand more\n", "b\nb\n", "a\nx\n", "a\nx\ny\nz\n"], [false, true])
    func `a file that was cut and filled anew beyond what was read is read from its beginning`(
        content: String, restarted: Bool
    ) throws {
        try append("a\na\n")
        var follower = follower(start: .beginning)
        #expect(self.read(&follower) == ["a", "a"])
        let saved = follower.position
        truncate(path, 0)
        try append(content)
        if restarted { follower = self.follower(saved) }
        let lines = content.split(separator: "\n").map(String.init)
        #expect(self.read(&follower) == lines)
        try append("later\n")
        #expect(self.read(&follower) == ["later"])
    }

    @Test func `what was read is recognised however long its last line and the half one behind it are`() throws {
        let long = String(repeating: "x", count: 5000)
        try append("1\n" + long + "\n" + long)
        var follower = follower(start: .beginning)
        #expect(self.read(&follower) == ["1", long])
        var next = self.follower(follower.position)
        try append("y\n2\n")
        #expect(self.read(&follower) == [long + "y", "2"])
        #expect(self.read(&next) == [long + "y", "2"])
    }

    @Test func `a rotation while nobody ran loses nothing`() throws {
        try append("1\n2\n")
        var first = follower(start: .beginning)
        #expect(self.read(&first) == ["1", "2"])
        let saved = first.position
        try append("3\n")
        let dated = folder + "/2026/Nov"
        try FileManager.default.createDirectory(atPath: dated, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: path, toPath: dated + "/ossec-alerts-21.json")
        try append("4\n")
        var second = follower(saved)
        #expect(self.read(&second) == ["3", "4"])
    }

    @Test(arguments: [true, false])
    func `files between two rotations are read too, oldest first`(stopped: Bool) throws {
        try append("1\n")
        var first = follower(start: .beginning)
        #expect(self.read(&first) == ["1"])
        let saved = first.position
        try append("2\n")
        let dated = folder + "/2026/Nov"
        try FileManager.default.createDirectory(atPath: dated, withIntermediateDirectories: true)
        // Files with times in whole seconds apart, as rotations are.
        func rotate(to target: String, _ seconds: Int) throws {
            try FileManager.default.moveItem(atPath: path, toPath: target)
            try setTime(of: target, seconds)
        }
        try append("not one of ours\n", to: dated + "/ossec-archive-21.json")
        try append("nor this\n", to: dated + "/ossec-alerts-21.json.sum")
        try append("older\n", to: dated + "/ossec-alerts-19.json")
        try setTime(of: dated + "/ossec-alerts-19.json", -500)
        try rotate(to: dated + "/ossec-alerts-20.json", -400)
        try append("3\n")
        try rotate(to: dated + "/ossec-alerts-21.json", -300)
        try append("compressed\n", to: dated + "/ossec-alerts-22.json.gz")
        try setTime(of: dated + "/ossec-alerts-22.json.gz", -250)
        try append("4\n")
        try rotate(to: folder + "/alerts.json.1", -200)
        try append("5\n")
        let messages = Messages()
        if stopped { first = follower(saved, logger: listening(messages)) }
        #expect(self.read(&first) == ["2", "3", "4", "5"])
        guard stopped else { return }
        #expect(messages.all.withLock { $0.count { $0.hasPrefix("Rotated file cannot be read any more") } } == 1)
    }

    private func setTime(of path: String, _ seconds: Int) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: Double(seconds))], ofItemAtPath: path)
    }

    @Test(arguments: [
        ("alerts.json.1", true), ("alerts.json-20261121", true), ("alerts.json.2.gz", true),
        ("alerts-2026-11-21.json", true), ("ossec-alerts-21.json", true), ("ossec-alerts-21-001.json.gz", true),
        ("alerts.json.sum", false), ("alerts.json.bak", false), ("alerts.log", false), ("ossec-alerts-21.log", false),
        ("archives.json.1", false), ("otheralerts-21.json", false), ("alerts-old.json", false), ("other.json", false),
    ])
    func `rotations are told by their names`(name: String, expected: Bool) {
        #expect((RotatedFileName(name, of: "alerts.json") != nil) == expected)
    }

    @Test func `a file that cannot be read is told once for each reason`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let messages = Messages()
        var follower = follower(start: .beginning, logger: listening(messages))
        #expect(self.read(&follower) == [])
        #expect(self.read(&follower) == [])
        #expect(messages.all.withLock { $0 } == ["File cannot be read"])
        #expect(follower.trouble == "it is not a regular file")
        try FileManager.default.removeItem(atPath: path)
        #expect(self.read(&follower) == [])
        #expect(follower.trouble == nil)
        try append("1\n")
        #expect(self.read(&follower) == ["1"])
        #expect(messages.all.withLock { $0.count { $0 == "File cannot be read" } } == 1)
    }

    @Test func `a rewritten file with the same inode is not taken for the old one`() throws {
        try append("first content\n")
        var first = follower(start: .beginning)
        _ = read(&first)
        let saved = first.position
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.truncateFile(atOffset: 0)
        handle.write(Data("other content, longer\n".utf8))
        try handle.close()
        var second = follower(saved)
        #expect(self.read(&second) == ["other content, longer"])
    }

    @Test func `positions survive their text form`() throws {
        try append("something\n")
        var follower = follower(start: .beginning)
        _ = read(&follower)
        #expect(FilePosition(follower.position.description) == follower.position)
        #expect(FilePosition("1 2 3") == nil)
        #expect(FilePosition("1 -2 3 ff") == nil)
        #expect(FilePosition("1 2 3000 ff") == nil)
    }
}

/// What was logged.
private final class Messages: Sendable {
    let all = Mutex<[String]>([])
}
