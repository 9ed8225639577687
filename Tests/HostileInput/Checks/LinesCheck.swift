import Alerts

/// Cuts a file of alerts into lines, however it is read.
struct LinesCheck {
    /// Short, so that lines which are too long occur.
    private static let limit = 40

    private struct Found: Equatable {
        /// Nil for a line that is too long.
        let line: [UInt8]?
        let offset: Int64
    }

    private let pieceSize: Int
    private let stream: [UInt8]

    /// - Parameter bytes: the length of the reads, then the stream.
    init(_ bytes: [UInt8]) {
        pieceSize = 1 + Int(bytes.first ?? 0)
        stream = Array(bytes.dropFirst())
    }

    func run() throws(Violation) {
        var offset: Int64 = 0
        var expected: [Found] = []
        var lines = stream.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            expected.append(Found(line: line.count > Self.limit ? nil : line, offset: offset))
            offset += Int64(line.count) + 1
        }
        try demand(found(pieceSize: stream.count + 1) == expected, "other lines than there are")
        try demand(found(pieceSize: pieceSize) == expected, "other lines in pieces of \(pieceSize)")
    }

    private func found(pieceSize: Int) -> [Found] {
        var splitter = LineSplitter(offset: 0, limit: Self.limit)
        var found: [Found] = []
        let note = { (line: LineSplitter.Line, offset: Int64) in
            switch line {
            case .complete(let bytes): found.append(Found(line: Array(bytes), offset: offset))
            case .tooLong: found.append(Found(line: nil, offset: offset))
            }
        }
        for start in stride(from: 0, to: stream.count, by: pieceSize) {
            let piece = Array(stream[start..<min(start + pieceSize, stream.count)])
            piece.withUnsafeBytes { splitter.append($0, body: note) }
        }
        splitter.finish(body: note)
        return found
    }

    static var samples: [[UInt8]] {
        let long = String(repeating: "x", count: limit + 1)
        return ["\u{3}{\"a\":1}\n{\"b\":2}\n", "\u{7}\n\n\(long)\nend", "\u{1}\(long)"].map { Array($0.utf8) }
    }
}
