import Foundation
import Logging
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

    private func follower(_ saved: FilePosition? = nil, start: FileSource.Start = .end) -> FileFollower {
        FileFollower(
            path: path, start: start, saved: saved, source: "test",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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
