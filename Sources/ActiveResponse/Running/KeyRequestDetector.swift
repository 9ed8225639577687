/// Finds the `check_keys` line in what a script prints (reference/ossec-wazuh.md, 3.2).
struct KeyRequestDetector: Sendable {
    /// Wazuh reads lines of up to 8191 bytes there; a longer one is no request.
    private static let longestLine = 8191
    private var line: [UInt8] = []
    private var isTooLong = false

    /// Takes more output; true when a request line was completed in it.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var found = false
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            if !isTooLong, Self.isRequest(line) { found = true }
            line.removeAll(keepingCapacity: true)
            isTooLong = false
            rest = rest[(end + 1)...]
        }
        take(rest)
        return found
    }

    private mutating func take(_ part: Slice<UnsafeRawBufferPointer>) {
        guard !isTooLong, line.count + part.count <= Self.longestLine else {
            isTooLong = true
            return
        }
        line.append(contentsOf: part)
    }

    private static func isRequest(_ line: [UInt8]) -> Bool {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }), first == UInt8(ascii: "{") else {
            return false
        }
        return String(decoding: line, as: UTF8.self).contains("\"check_keys\"")
    }
}
