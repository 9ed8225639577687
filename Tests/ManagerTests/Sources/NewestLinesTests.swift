import TestSupport
import Testing

@testable import Manager

@Suite struct `The newest lines of a file` {
    private func read(_ text: String, limit: Int, bytes: Int = 64 << 20) throws -> [String]? {
        let home = try TemporaryHome()
        try home.write(text, to: "file")
        return NewestLines.read(path: home.path + "/file", limit: limit, bytes: bytes)?
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `come oldest first, without empty and unfinished ones`() throws {
        #expect(try read("a\nb\n\nc\n \r\nunfinished", limit: 2) == ["b", "c"])
        #expect(try read("a\nb\n", limit: 5) == ["a", "b"])
        #expect(try read("", limit: 5) == [])
        #expect(try read("unfinished", limit: 5) == [])
    }

    @Test func `are found across blocks of reading`() throws {
        // Lines of 1,000 bytes, so that blocks end within lines.
        let lines = (0..<2000).map { "\($0):" + String(repeating: "x", count: 995) }
        let text = lines.joined(separator: "\n") + "\n"
        for limit in [1, 262, 263, 1500, 2000, 3000] {
            #expect(try read(text, limit: limit) == Array(lines.suffix(limit)))
        }
    }

    @Test func `are bounded in bytes, and whole`() throws {
        let line = String(repeating: "x", count: 99_999)
        let text = String(repeating: line + "\n", count: 20)
        let found = try #require(try read(text, limit: 20, bytes: 1 << 19))
        #expect(found.count == 5 && found.allSatisfy { $0 == line })
    }

    @Test func `a file that is not there is nil`() {
        #expect(NewestLines.read(path: "/nowhere/at/all", limit: 1) == nil)
    }
}
