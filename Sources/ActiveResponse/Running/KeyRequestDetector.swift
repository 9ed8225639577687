/// What a script asks by a `check_keys` line (reference/ossec-wazuh.md, 3.2).
package struct KeyRequest: Sendable, Equatable {
    /// What the script acts on, in its own words: an address, a user.
    ///
    /// Empty when it means one thing for all alerts; nil when the line does not say it in a form that can be read.
    package let keys: [String]?

    package init(keys: [String]?) {
        self.keys = keys
    }

    /// Reads a line; nil when it is no request.
    init?(line: [UInt8]) {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }), first == UInt8(ascii: "{"),
            String(decoding: line, as: UTF8.self).contains("\"check_keys\"")
        else { return nil }
        let document = JSONValue(line)
        guard document?["command"] == .string("check_keys"), case .array(let items) = document?["parameters"]?["keys"]
        else {
            keys = nil
            return
        }
        // As there: what is not a string is passed over.
        keys = items.compactMap { if case .string(let key) = $0 { key } else { nil } }
    }
}

/// The answer to a ``KeyRequest``.
package enum KeyAnswer: String, Sendable {
    /// Act.
    case proceed = "continue"
    /// Another response is in force for the same keys: end without acting.
    case abort
}

/// Finds the first `check_keys` line in what a script prints.
struct KeyRequestDetector: Sendable {
    /// Wazuh reads lines of up to 8191 bytes there; a longer one is no request.
    private static let longestLine = 8191
    private var line: [UInt8] = []
    private var isTooLong = false

    /// Takes more output; the request when its line was completed in it.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> KeyRequest? {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            if !isTooLong, let request = KeyRequest(line: line) { return request }
            line.removeAll(keepingCapacity: true)
            isTooLong = false
            rest = rest[(end + 1)...]
        }
        take(rest)
        return nil
    }

    private mutating func take(_ part: Slice<UnsafeRawBufferPointer>) {
        guard !isTooLong, line.count + part.count <= Self.longestLine else {
            isTooLong = true
            return
        }
        line.append(contentsOf: part)
    }
}
