/// An alert for which a response may fire: a copy of its line, and what is asked of it.
///
/// Members are decoded when they are asked for. All text in it was written by whoever caused the alert: nothing here is
/// checked beyond being JSON.
package struct Alert: Sendable {
    /// The alert as it came, OSSEC's in Wazuh's form, on one line: without a line break in it and without blanks around it.
    package let json: [UInt8]
    /// The rule's id, level and groups.
    package let rule: RuleFacts
    private let members: JSONMembers

    /// Takes an alert out of its source.
    ///
    /// - Parameters:
    ///   - fields: what ``AlertScanner`` found in `line`.
    ///   - line: the very bytes that were scanned.
    ///   - host: the name of this machine, which runs OSSEC's manager if the alert is OSSEC's.
    /// - Throws: what is wrong with the form that OSSEC's alert would get, such as its length; never for Wazuh's.
    package init(_ fields: AlertFields, line: UnsafeRawBufferPointer, host: String) throws(AlertError) {
        switch fields.format {
        case .wazuh: self.init(fields, line: line)
        case .ossec: try self.init(json: OSSECAlert(fields, line: line).wazuhForm(host: host))
        }
    }

    /// Reads one alert in Wazuh's form; ``AlertScanner`` says what is an error.
    package init(json: [UInt8]) throws(AlertError) {
        // `Array.withUnsafeBytes` would widen the error's type; this does not.
        self = try json.withUnsafeBufferPointer { bytes throws(AlertError) in
            var scanner = AlertScanner()
            let line = UnsafeRawBufferPointer(bytes)
            return Alert(try scanner.scan(line), line: line)
        }
    }

    /// Reads one alert of whichever format.
    package init(anyFormat json: [UInt8], host: String) throws(AlertError) {
        self = try json.withUnsafeBufferPointer { bytes throws(AlertError) in
            var scanner = AlertScanner()
            let line = UnsafeRawBufferPointer(bytes)
            return try Alert(try scanner.scanAny(line), line: line, host: host)
        }
    }

    private init(_ fields: AlertFields, line: UnsafeRawBufferPointer) {
        json = Self.oneLine(line)
        rule = fields.ruleFacts(in: line)
        members = JSONMembers(json)
    }

    /// The text at a path of keys joined by dots, such as `data.win.eventdata.ipAddress`.
    ///
    /// - Returns: a string with its escapes resolved, a number or boolean as the alert writes it; nil for what is not
    ///   there, null, an object or an array.
    package func text(at path: String) -> String? {
        // Not by characters: a key that begins with a combining mark would make one of the dot and the mark.
        let keys = path.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).map(Substring.init)
        return members.value(keys, in: json).flatMap { JSONValue.text($0) }
    }

    /// In valid JSON a line break can only stand between tokens, where a blank means the same.
    private static func oneLine(_ line: UnsafeRawBufferPointer) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        let start = line.firstIndex { !isBlank($0) } ?? line.endIndex
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        var json = Array(line[start..<end])
        if json.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            for index in json.indices where json[index] == 0x0A || json[index] == 0x0D { json[index] = 0x20 }
        }
        return json
    }
}
