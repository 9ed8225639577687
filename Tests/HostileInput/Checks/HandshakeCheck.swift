import ActiveResponse

/// Looks for the `check_keys` request in what a script prints, however its output is cut into reads.
struct HandshakeCheck {
    private static let longestLine = 8191

    private let bytes: [UInt8]
    private let pieceSizes: [Int]

    /// - Parameter bytes: how long the first reads are, up to a zero; then the output.
    init(_ bytes: [UInt8]) {
        let sizes = bytes.prefix(8).prefix { $0 != 0 }
        pieceSizes = sizes.map(Int.init)
        self.bytes = Array(bytes.dropFirst(sizes.count))
    }

    func run() throws(Violation) {
        let expected = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
            .contains { isRequest($0) }
        try demand(isFound(in: [bytes]) == expected, "a request in one read is \(expected ? "missed" : "imagined")")
        try demand(isFound(in: pieces) == expected, "a request in pieces is \(expected ? "missed" : "imagined")")
    }

    private func isFound(in pieces: [[UInt8]]) -> Bool {
        var detector = KeyRequestDetector()
        var isFound = false
        for piece in pieces { isFound = piece.withUnsafeBytes { detector.append($0) } || isFound }
        return isFound
    }

    private var pieces: [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        var number = 0
        while !rest.isEmpty {
            // Later pieces are as long as the largest pipe read has room for.
            let size = number < pieceSizes.count ? pieceSizes[number] : 4096
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            number += 1
        }
        return pieces
    }

    private func isRequest(_ line: ArraySlice<UInt8>) -> Bool {
        let wanted = Array("\"check_keys\"".utf8)
        guard line.count <= Self.longestLine, line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{")
        else { return false }
        return line.indices.contains { line[$0...].starts(with: wanted) }
    }
}
