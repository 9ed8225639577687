import ActiveResponse
import Testing

@Suite struct JournalScannerTests {
    private let payloads: [[UInt8]] = [
        [], [1], Array("EDRJ".utf8), Array(repeating: 7, count: 300), Array("EDRJEDRJEDRJ".utf8) + [0, 0, 0, 0],
    ]

    /// The bytes of a journal and the offsets at which its records begin.
    private var journal: (bytes: [UInt8], starts: [Int]) {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for payload in payloads {
            starts.append(bytes.count)
            JournalScanner.append(payload, to: &bytes)
        }
        return (bytes, starts)
    }

    @Test func `records come back as they were written`() {
        let content = JournalScanner.scan(journal.bytes)
        #expect(content.payloads.map { Array($0) } == payloads)
        #expect(content.damaged.isEmpty)
    }

    @Test func `torn at any byte, all whole records come back`() {
        let (bytes, starts) = journal
        for length in 0...bytes.count {
            let content = JournalScanner.scan(Array(bytes[..<length]))
            let ends = starts.dropFirst() + [bytes.count]
            let whole = ends.count { $0 <= length }
            #expect(content.payloads.map { Array($0) } == Array(payloads[..<whole]))
            let wholeEnd = whole == 0 ? 0 : ends[ends.startIndex + whole - 1]
            #expect(content.damaged == (wholeEnd < length ? [wholeEnd..<length] : []))
        }
    }

    @Test func `one changed byte costs one record`() {
        let (bytes, starts) = journal
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x10
            let content = JournalScanner.scan(changed)
            let hit = (starts.lastIndex { $0 <= index }) ?? 0
            var expected = payloads
            expected.remove(at: hit)
            #expect(content.payloads.map { Array($0) } == expected, "byte \(index)")
            #expect(content.damaged.count == 1)
        }
    }

    @Test func `bytes that were never a journal hold nothing`() {
        let content = JournalScanner.scan(Array(repeating: 0, count: 10_000))
        #expect(content.payloads.isEmpty)
        #expect(content.damaged == [0..<10_000])
    }

    @Test(arguments: ["", "EDR", "EDRJ", "xEDREDRJ", "EDR\0J", "EDR\0\0", "EDREDR", "EEDRJ", "ED", "EDRJEDRJx"])
    func `a payload may hold what looks like a head`(text: String) {
        var bytes: [UInt8] = []
        JournalScanner.append(Array(text.utf8), to: &bytes)
        JournalScanner.append([7], to: &bytes)
        let content = JournalScanner.scan(bytes)
        #expect(content.payloads.map(Array.init) == [Array(text.utf8), [7]])
        #expect(content.damaged.isEmpty)
    }

    @Test func `a record inside a damaged one is not found`() {
        var planted: [UInt8] = []
        JournalScanner.append([1, 2, 3], to: &planted)
        var bytes: [UInt8] = []
        JournalScanner.append([9] + planted + [9], to: &bytes)
        JournalScanner.append([4], to: &bytes)
        bytes[12] ^= 1
        #expect(JournalScanner.scan(bytes).payloads.map(Array.init) == [[4]])
    }
}
