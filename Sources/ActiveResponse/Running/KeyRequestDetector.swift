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
            Self.mentionsRequest(line)
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

extension KeyRequest {
    private static let word = Array("\"check_keys\"".utf8)

    /// By bytes: whatever else is in the line, the word is found, and in one pass.
    private static func mentionsRequest(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            rest = rest[quote...]
            if rest.starts(with: word) { return true }
            rest = rest.dropFirst()
        }
        return false
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
package struct KeyRequestDetector: Sendable {
    /// Wazuh reads lines of up to 8191 bytes there; a longer one is no request.
    private static let longestLine = 8191
    private var line: [UInt8] = []
    private var isTooLong = false

    package init() {}

    /// Takes more output; the request when its line was completed in it.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> KeyRequest? {
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
