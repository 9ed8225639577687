import Alerts
import Testing

struct LineRepairTests {
    private func repaired(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { LineRepair.wellFormed($0) }
    }

    @Test func `an alert with bytes that are not UTF-8 is an alert once it is repaired`() throws {
        for bytes in [[0xFF], [0xC0, 0xAF], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xE9]] as [[UInt8]] {
            let line =
                Array(#"{"id":"1","rule":{"id":"5712","level":10},"data":{"srcip":"198.51.100.7","dstuser":"a"#.utf8)
                + bytes
                + Array(#""}}"#.utf8)
            #expect(throws: AlertError.self) { try Alert(json: line) }
            let alert = try Alert(json: repaired(line))
            #expect(alert.sourceAddressText == "198.51.100.7")
            #expect(alert.user?.hasPrefix("a\u{FFFD}") == true)
            #expect(alert.level == 10)
        }
    }

    @Test func `a half of a surrogate pair does not keep an alert from being read`() throws {
        let cases = [
            (#"\ud800"#, "\u{FFFD}"), (#"\uDFFF!"#, "\u{FFFD}!"), (#"\ud83d\ude00"#, "\u{1F600}"),
            (#"\ud800\ud83d\ude00"#, "\u{FFFD}\u{1F600}"), (#"\ud800\n"#, "\u{FFFD}\n"), (#"\\ud800"#, #"\ud800"#),
            (#"\ud800\u0041"#, "\u{FFFD}A"),
        ]
        for (text, meaning) in cases {
            let line = Array(#"{"id":"1","rule":{"id":"5712","level":10},"data":{"dstuser":"a\#(text)"}}"#.utf8)
            #expect(try Alert(json: repaired(line)).user == "a" + meaning, "\(text)")
            let isWhole = (try? Alert(json: line)) != nil
            #expect(isWhole == (repaired(line) == line), "\(text)")
        }
    }

    @Test func `ASCII is never touched and the result is always UTF-8`() {
        var generator = SeededGenerator(state: 9)
        var wrong: [[UInt8]] = []
        for _ in 0..<3000 {
            var bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // An escape is another matter.
            bytes.removeAll { $0 == UInt8(ascii: "\\") }
            let result = repaired(bytes)
            let isSame = result.filter { $0 < 0x80 } == bytes.filter { $0 < 0x80 }
            if !isSame || String(validating: result, as: UTF8.self) == nil { wrong.append(bytes) }
        }
        #expect(wrong == [])
        #expect(Samples.all.allSatisfy { repaired(Array($0.utf8)) == Array($0.utf8) })
    }
}
