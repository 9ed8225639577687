import Testing

@testable import Alerts

@Suite struct `Splitting a stream into lines` {
    /// What the splitter hands out for these pieces: text or "too long", each with its offset.
    private func lines(_ pieces: [String], limit: Int = 100, offset: Int64 = 0) -> (found: [String], rest: Int64) {
        var splitter = LineSplitter(offset: offset, limit: limit)
        var found: [String] = []
        for piece in pieces {
            Array(piece.utf8).withUnsafeBytes { bytes in
                splitter.append(bytes) { line, offset in
                    switch line {
                    case .complete(let bytes): found.append("\(offset):" + String(decoding: bytes, as: UTF8.self))
                    case .tooLong: found.append("\(offset):too long")
                    }
                }
            }
        }
        return (found, splitter.completeOffset)
    }

    @Test func `several lines in one piece`() {
        let result = lines(["a\nbb\n\nc"])
        #expect(result.found == ["0:a", "2:bb", "5:"])
        #expect(result.rest == 6)
    }

    @Test func `every cut of the stream gives the same lines`() {
        let text = "first\nsecond line\n\nlast\nrest"
        let expected = lines([text])
        for cut in 0...text.count {
            let result = lines([String(text.prefix(cut)), String(text.dropFirst(cut))])
            #expect(result.found == expected.found)
            #expect(result.rest == expected.rest)
        }
        #expect(lines(text.map(String.init)).found == expected.found)
    }

    @Test func `a line over the limit is named once and those after it are read`() {
        let long = String(repeating: "x", count: 101)
        #expect(lines([long + "\nok\n"]).found == ["0:too long", "102:ok"])
        #expect(lines(long.map(String.init) + ["\nok\n"]).found == ["0:too long", "102:ok"])
        #expect(lines([String(repeating: "x", count: 100) + "\n"]).found.first?.hasPrefix("0:x") == true)
    }

    @Test func `offsets count from where reading began`() {
        #expect(lines(["a\nb\n"], offset: 50).found == ["50:a", "52:b"])
    }
}
