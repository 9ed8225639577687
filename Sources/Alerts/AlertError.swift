/// Why a line is no alert.
package enum AlertError: Error, Sendable, Equatable {
    /// The line has more bytes than ``AlertScanner/maximumLength``.
    case tooLong(bytes: Int)
    /// The line is not one JSON text (RFC 8259); `offset` counts bytes from its start.
    case notJSON(JSONProblem, offset: Int)
    /// The line is JSON, but not an object.
    case notAnObject
    /// A member that every alert has is not there, empty or null.
    case missing(AlertMember)
    /// A member is there, but of a kind that it cannot be.
    case invalid(AlertMember)
    /// An alert, but in this form instead of the one that was to be read.
    case isOf(AlertFormat)

    /// Whether ``LineRepair`` makes the line readable.
    package var isRepairable: Bool {
        switch self {
        case .notJSON(.invalidUTF8, _), .notJSON(.loneSurrogate, _): true
        default: false
        }
    }

    /// A word that stays the same between releases: sources log the first line of each kind and count the others.
    package var kind: String {
        switch self {
        case .tooLong: "too_long"
        case .notJSON(.invalidUTF8, _): "invalid_utf8"
        case .notJSON(.tooDeep, _): "too_deep"
        case .notJSON: "not_json"
        case .notAnObject: "not_an_object"
        case .missing(let member): "missing_\(member.word)"
        case .invalid(let member): "invalid_\(member.word)"
        case .isOf: "other_format"
        }
    }
}

/// What is wrong with a text that should be JSON.
package enum JSONProblem: String, Sendable {
    case empty = "it is empty"
    case truncated = "it ends in the middle"
    case unexpectedByte = "an unexpected byte"
    case trailingText = "text after the end of the object"
    case controlCharacter = "an unescaped control character in a string"
    case invalidEscape = "an invalid escape in a string"
    case loneSurrogate = "half of a surrogate pair in a string"
    case invalidUTF8 = "bytes that are not UTF-8"
    case invalidNumber = "an invalid number"
    case tooDeep = "objects or arrays nested too deeply"
}

/// The members without which a line is no alert, or of which the kind matters.
package enum AlertMember: String, Sendable {
    case id
    case ruleID = "rule.id"
    /// What OSSEC has for ``ruleID``.
    case ruleSidid = "rule.sidid"
    case ruleLevel = "rule.level"

    fileprivate var word: String {
        switch self {
        case .id: "id"
        case .ruleID: "rule_id"
        case .ruleSidid: "rule_sidid"
        case .ruleLevel: "rule_level"
        }
    }
}

extension AlertError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let bytes):
            "the line has \(bytes) bytes, more than the \(AlertScanner.maximumLength) that an alert may have"
        case .notJSON(let problem, let offset):
            "the line is not JSON: \(problem.rawValue) at byte \(offset); send one alert a line, as in alerts.json"
        case .notAnObject:
            "the line is JSON, but not an object; send one alert a line, as in alerts.json"
        case .missing(.ruleSidid):
            "the object has no \"rule.sidid\", which every OSSEC alert has"
        case .missing(let member):
            "the object has no \"\(member.rawValue)\", which every Wazuh alert has"
        case .invalid(.ruleLevel):
            "\"rule.level\" is not a whole number from 0 to \(AlertScanner.maximumLevel)"
        case .invalid(let member):
            "\"\(member.rawValue)\" is neither a string nor a number"
        case .isOf(.ossec):
            "this is an alert as OSSEC writes it; write <format>ossec</format> into its <alert_source>"
        case .isOf(.wazuh):
            "this is an alert as Wazuh writes it; write <format>wazuh</format> into its <alert_source>"
        }
    }
}
