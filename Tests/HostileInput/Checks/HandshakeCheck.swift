import ActiveResponse

/// Looks for the `check_keys` request in what a script prints, however its output is cut into reads.
struct HandshakeCheck {
    /// A script's request as Wazuh's scripts print it.
    private static let request =
        #"{"version":1,"origin":{"name":"ban","module":"active-response"},"command":"check_keys","#
        + #""parameters":{"keys":["192.0.2.7"]}}"#

    private let bytes: [UInt8]
    private let pieceSizes: [Int]

    /// - Parameter bytes: how long the first reads are, up to a zero; then the output.
    init(_ bytes: [UInt8]) {
        let sizes = bytes.prefix(8).prefix { $0 != 0 }
        pieceSizes = sizes.map(Int.init)
        self.bytes = Array(bytes.dropFirst(sizes.count))
    }

    func run() throws(Violation) {
        let isFound = isFound(in: [bytes])
        try demand(self.isFound(in: pieces(of: bytes)) == isFound, "a request in pieces is not the same as in one read")
        try demand(!isFound || holdsWord, "a request is found that nobody made")
        let asked = bytes + Array("\n\(Self.request)\n".utf8)
        try demand(self.isFound(in: [asked]), "a request behind other output is missed")
        try demand(self.isFound(in: pieces(of: asked)), "a request behind other output is missed in pieces")
    }

    private func isFound(in pieces: [[UInt8]]) -> Bool {
        var detector = KeyRequestDetector()
        var isFound = false
        for piece in pieces { isFound = piece.withUnsafeBytes { detector.append($0) != nil } || isFound }
        return isFound
    }

    /// Output as the reads give it.
    private func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = pieces.count < pieceSizes.count ? pieceSizes[pieces.count] : 4096
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    private var holdsWord: Bool {
        let word = Array("\"check_keys\"".utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: word) }
    }
}
