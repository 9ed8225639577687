import Alerts
import Foundation
import Testing

/// What is JSON is decided as Foundation decides it.
struct JSONValidityTests {
    @Test(arguments: [
        "{}", " {} ", "\r\n\t{ }\n", "[]", "[[],{}]", "0", "-0", "1.5", "1e5", "1E+5", "-1.25e-3", "true", "false",
        "null",
        #""""#, #""a""#, #"{"a":1,"b":[1,2,{"c":null}]}"#, #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, #""\u0000""#,
        "\"\u{7F}\"",
        #""é😀\#u{10FFFF}""#, #"{"":""}"#, #"{"a":1,"a":2}"#, "[1 ,2\t,\n3 ]",
    ])
    func `valid JSON is accepted`(text: String) {
        #expect(isJSON(Array(text.utf8)))
        #expect(Self.isFoundationJSON(Array(text.utf8)))
    }

    @Test(arguments: [
        "", "   ", "{", "}", "[", "]", "{]", "[}", "{,}", "[,]", "[1,]", #"{"a":1,}"#, #"{"a"}"#, #"{"a":}"#, "{a:1}",
        "{'a':1}", #"{"a":1 "b":2}"#, "[1 2]", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "-01", "tru", "truee",
        "nul",
        "NaN", "Infinity", #"""#, #""a"#, #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\udc00""#,
        #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ud800x""#, "\"\u{1}\"", "\"a\nb\"", "\"\t\"", "{} {}", "{}x", "{}{",
        "[1]]", "{\"a\":1}}", "// c\n{}", "{1:2}", "{null:1}", #"{"a"::1}"#, "\u{FEFF}{}x", "1 2", #"{"a":1,,"b":2}"#,
        "[1}",
        #"{"a":1]"#, #"{"a":[}"#,
    ])
    func `invalid JSON is refused`(text: String) {
        #expect(!isJSON(Array(text.utf8)))
        #expect(!Self.isFoundationJSON(Array(text.utf8)))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80],
            [0xE2, 0x82], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xF0, 0x9F, 0x98],
            [0xF0, 0x9F, 0x98, 0x41],
        ] as [[UInt8]])
    func `a string that is not UTF-8 is refused by that name`(bytes: [UInt8]) {
        // At the end of the line, in the middle, and right before the end of the string.
        for suffix in [[], Array("\"]".utf8), Array("0123456789\"]".utf8)] as [[UInt8]] {
            let line = Array("[\"abc".utf8) + bytes + suffix
            #expect(throws: AlertError.notJSON(.invalidUTF8, offset: 5)) { try scan(line) }
        }
    }

    @Test func `every scalar of UTF-8 is accepted and every other sequence of two bytes is refused`() {
        for value in stride(from: 0x80, through: 0x10FFFF, by: 251) {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            #expect(isJSON(Array("[\"\(scalar)\"]".utf8)))
        }
        for first in UInt8(0x80)...0xFF {
            for second in stride(from: UInt8(0), to: 0xFF, by: 3) {
                let bytes = Array("[\"".utf8) + [first, second] + Array("\"]".utf8)
                let isText = String(validating: bytes, as: UTF8.self) != nil && second >= 0x80
                #expect(isJSON(bytes) == isText)
            }
        }
    }

    /// A special byte at every distance from the start and the end of the string, so at every place in a word.
    @Test func `a string's end is found wherever it lies`() {
        for length in 0..<40 {
            let text = String(repeating: "x", count: length)
            #expect(isJSON(Array("\"\(text)\"".utf8)))
            #expect(!isJSON(Array("\"\(text)".utf8)))
            for position in 0...length {
                var letters = Array(text)
                letters.insert("\"", at: position)
                #expect(!isJSON(Array("\"\(String(letters))\"".utf8)))
                letters[position] = "\n"
                #expect(!isJSON(Array("\"\(String(letters))\"".utf8)))
                letters[position] = "é"
                #expect(isJSON(Array("\"\(String(letters))\"".utf8)))
                letters.replaceSubrange(position...position, with: #"\""#)
                #expect(isJSON(Array("\"\(String(letters))\"".utf8)))
            }
        }
    }

    @Test func `random changes to alerts are judged as Foundation judges them`() {
        var generator = SeededGenerator(state: 3)
        var accepted = 0
        var refused = 0
        var disagreements: [String] = []
        for round in 0..<9_000 {
            var bytes = Array(Samples.all[round % Samples.all.count].utf8)
            for _ in 0..<Int.random(in: 1...2, using: &generator) { Self.mutate(&bytes, &generator) }
            // Foundation guesses UTF-16 and UTF-32 from zeros at the start; we read UTF-8 only.
            if bytes.prefix(4).contains(0) { continue }
            let expected = Self.isFoundationJSON(bytes)
            if isJSON(bytes) != expected { disagreements.append(String(decoding: bytes, as: UTF8.self)) }
            if expected { accepted += 1 } else { refused += 1 }
        }
        #expect(disagreements == [])
        #expect(accepted > 500 && refused > 500)
    }

    static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let pieces = [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\ud800", "0", "e", ".", "-", "null", " ", "\n", "é",
            "\u{1}",
        ]
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8, at: index)
        case 3: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &generator)))
        case 4: bytes.insert(contentsOf: bytes[..<index].suffix(Int.random(in: 1...30, using: &generator)), at: index)
        default: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &generator))
        }
        if bytes.isEmpty { bytes = [0x20] }
    }

    /// Foundation's verdict, but for a comma before a closing bracket, which it tolerates on Linux.
    private static func isFoundationJSON(_ bytes: [UInt8]) -> Bool {
        !hasTrailingComma(bytes)
            && (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    private static func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
        var isInString = false
        var isEscaped = false
        var last: UInt8 = 0
        for byte in bytes {
            if isInString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if last == UInt8(ascii: ","), byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                return true
            }
            if ![0x20, 0x09, 0x0A, 0x0D].contains(byte) { last = byte }
        }
        return false
    }
}
