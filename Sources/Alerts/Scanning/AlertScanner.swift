/// Decides in one pass whether a line is an alert, and finds what the candidate test needs.
///
/// The whole line is checked, not only the members that are looked at: a line that another parser reads differently
/// would be a way around the white list. Of several members with the same key the first counts, as in cJSON, which
/// Wazuh's own scripts use; keys are compared after their escapes are resolved.
///
/// Nothing is allocated and no reference is counted for a line that is an alert.
package struct AlertScanner: Sendable {
    /// The most bytes that an alert may have.
    ///
    /// Wazuh's own limit is 64 KiB.
    package static let maximumLength = 1 << 20
    /// How deeply objects and arrays may be nested: as deeply as Wazuh's cJSON reads them.
    ///
    /// A field name of a JSON log becomes nested objects in its alert, so a lower limit would let the writer of a log
    /// hide the alert.
    package static let maximumDepth = 1000
    /// The highest level.
    ///
    /// Wazuh has 0 to 16; this much is tolerated.
    package static let maximumLevel = 1000

    /// One bit for each depth up to ``maximumDepth``: set while an object is open there.
    ///
    /// Written before it is read.
    private var openObjects = InlineArray<16, UInt64>(repeating: 0)

    package init() {}

    /// Checks a line.
    ///
    /// - Parameters:
    ///   - line: one JSON object, with or without blanks and line breaks around it and between its tokens.
    ///   - format: whose alert it should be.
    /// - Throws: why the line is no alert, or that it is one of another format. What an alert lacks beyond `id` and
    ///   `rule.id`, for OSSEC `rule.sidid`, is no error.
    package mutating func scan(
        _ line: UnsafeRawBufferPointer, as format: AlertFormat = .wazuh
    ) throws(AlertError) -> AlertFields {
        do throws(AlertError) {
            return try read(line, format)
        } catch {
            let other: AlertFormat
            switch error {
            case .missing(.ruleID): other = .ossec
            case .missing(.ruleSidid): other = .wazuh
            default: throw error
            }
            guard (try? read(line, other)) != nil else { throw error }
            throw .isOf(other)
        }
    }

    /// Checks a line of whichever format.
    package mutating func scanAny(_ line: UnsafeRawBufferPointer) throws(AlertError) -> AlertFields {
        do throws(AlertError) {
            return try scan(line)
        } catch .isOf(let format) {
            return try scan(line, as: format)
        }
    }

    @inline(__always)
    private mutating func read(
        _ line: UnsafeRawBufferPointer, _ format: AlertFormat
    ) throws(AlertError) -> AlertFields {
        guard line.count <= Self.maximumLength else { throw .tooLong(bytes: line.count) }
        var cursor = JSONCursor(line)
        cursor.skipBlanks()
        guard cursor.position < line.count else { throw cursor.problem(.empty) }
        let isObject = cursor.current == UInt8(ascii: "{")
        var recorder = FieldRecorder(line, format)
        try walk(&cursor, &recorder)
        cursor.skipBlanks()
        guard cursor.position == line.count else { throw cursor.problem(.trailingText) }
        guard isObject else { throw .notAnObject }
        return try recorder.fields()
    }

    /// Steps over one value with everything in it: a loop with a bit for each level instead of recursion, so that no
    /// depth of nesting can exhaust the stack.
    @inline(__always)
    private mutating func walk(_ cursor: inout JSONCursor, _ recorder: inout FieldRecorder) throws(AlertError) {
        var depth = 0
        var inObject = false
        value: while true {
            switch cursor.current {
            case UInt8(ascii: "\""):
                _ = try cursor.skipString()
            case UInt8(ascii: "{"):
                inObject = true
                try open(&depth, inObject, &cursor)
                if cursor.current != UInt8(ascii: "}") {
                    try key(&cursor, depth, &recorder)
                    continue value
                }
            case UInt8(ascii: "["):
                inObject = false
                try open(&depth, inObject, &cursor)
                if cursor.current != UInt8(ascii: "]") { continue value }
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                try cursor.skipNumber()
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                try cursor.skipWord()
            default:
                throw cursor.unexpected()
            }
            // A value has ended, or an empty container is about to.
            while true {
                recorder.valueEnded(depth, at: cursor.position)
                if depth == 0 { return }
                cursor.skipBlanks()
                let byte = cursor.current
                if byte == UInt8(ascii: ",") {
                    cursor.position += 1
                    cursor.skipBlanks()
                    if inObject { try key(&cursor, depth, &recorder) }
                    continue value
                }
                guard byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw cursor.unexpected() }
                cursor.position += 1
                depth -= 1
                inObject = openObjects[depth >> 6] >> UInt64(depth & 63) & 1 == 1
            }
        }
    }

    /// Enters a container.
    ///
    /// The bit for level `n` is at `n`; level 0, outside of everything, is never an object.
    @inline(__always)
    private mutating func open(_ depth: inout Int, _ isObject: Bool, _ cursor: inout JSONCursor) throws(AlertError) {
        guard depth < Self.maximumDepth else { throw cursor.problem(.tooDeep) }
        depth += 1
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { openObjects[depth >> 6] |= bit } else { openObjects[depth >> 6] &= ~bit }
        cursor.position += 1
        cursor.skipBlanks()
    }

    /// Steps over a key and its colon, up to the value.
    @inline(__always)
    private func key(
        _ cursor: inout JSONCursor, _ depth: Int, _ recorder: inout FieldRecorder
    ) throws(AlertError) {
        guard cursor.current == UInt8(ascii: "\"") else { throw cursor.unexpected() }
        let start = cursor.position + 1
        let hasEscape = try cursor.skipString()
        let end = cursor.position - 1
        cursor.skipBlanks()
        guard cursor.current == UInt8(ascii: ":") else { throw cursor.unexpected() }
        cursor.position += 1
        cursor.skipBlanks()
        if depth <= 2 {
            recorder.key(start..<end, hasEscape: hasEscape, depth: depth, value: cursor)
        }
    }
}
