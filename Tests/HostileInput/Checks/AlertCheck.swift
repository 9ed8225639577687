import Alerts

/// Scans a line, reads it, and compares both with the plain reader.
struct AlertCheck {
    /// Paths looked up in one alert; each lookup goes through all members.
    private static let maximumPaths = 64

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        try checkRepair()
        let expected = ReferenceAlert(bytes)
        let alert: Alert
        do throws(AlertError) {
            alert = try Alert(json: bytes)
        } catch {
            try demand(expected == nil, "an alert is refused: \(error)")
            try demand(facts(of: bytes) == nil, "the scanner takes what the alert's reader refuses: \(error)")
            return
        }
        guard let expected else { throw Violation("what is no alert is taken for one") }
        try demand(facts(of: bytes) == alert.rule, "the scanner and the alert differ about the rule")
        try compare(alert, expected)
        try checkOneLine(alert)
    }

    /// What the scanner finds; nil when it finds no alert.
    private func facts(of bytes: [UInt8]) -> RuleFacts? {
        bytes.withUnsafeBytes { line in
            var scanner = AlertScanner()
            return (try? scanner.scan(line)).map { $0.ruleFacts(in: line) }
        }
    }

    private func compare(_ alert: Alert, _ expected: ReferenceAlert) throws(Violation) {
        try demand(same(alert.id, expected.id), "id: \(alert.id)")
        try demand(same(alert.ruleID, expected.ruleID), "rule.id: \(alert.ruleID)")
        try demand(alert.level == expected.level, "rule.level: \(alert.level)")
        try demand(alert.groups.map { Array($0.utf8) } == expected.groups, "rule.groups: \(alert.groups)")
        try demand(Array(alert.groupText.utf8) == expected.groupText, "groups: \(alert.groupText)")
        for (path, value) in expected.paths(atMost: Self.maximumPaths) {
            try demand(same(alert.text(at: path), value.text), "\(path): \(alert.text(at: path) ?? "nothing")")
        }
        try demand(same(alert.agentID, expected.nonEmpty("agent", "id")), "agent.id")
        try demand(same(alert.agentName, expected.nonEmpty("agent", "name")), "agent.name")
        try demand(same(alert.managerName, expected.nonEmpty("manager", "name")), "manager.name")
        try demand(
            same(alert.user, expected.named("data", "dstuser") ?? expected.named("data", "user")), "the user")
        try demand(
            same(
                alert.sourceAddressText,
                expected.named("data", "srcip") ?? expected.named("data", "win", "eventdata", "ipAddress")
                    ?? expected.named("data", "win", "eventdata", "destinationIp")), "the source address")
        let place = expected.nonEmpty("location").flatMap { $0.first == UInt8(ascii: "/") ? $0 : nil }
        try demand(same(alert.filename, expected.named("syscheck", "path") ?? place), "the file name")
        _ = alert.raisedAt
    }

    /// Equal byte for byte: to Swift, texts of different bytes may be equal.
    private func same(_ text: String?, _ bytes: [UInt8]?) -> Bool {
        text.map { Array($0.utf8) } == bytes
    }

    /// The form that is passed on says the same.
    private func checkOneLine(_ alert: Alert) throws(Violation) {
        try demand(!alert.json.contains { $0 == 0x0A || $0 == 0x0D }, "the alert has a line break")
        guard let again = try? Alert(json: alert.json) else { throw Violation("the alert cannot be read again") }
        try demand(again.json == alert.json, "the alert changes when it is read again")
        try demand(again.rule == alert.rule && again.identity == alert.identity, "the alert says something else")
        try demand(ReferenceJSON(alert.json) == ReferenceJSON(bytes), "the alert's line says something else")
    }

    private func checkRepair() throws(Violation) {
        let repaired = bytes.withUnsafeBytes { LineRepair.wellFormed($0) }
        try demand(String(validating: repaired, as: UTF8.self) != nil, "a repaired line is not UTF-8")
        // Escapes of halves of surrogate pairs are replaced too.
        guard !bytes.contains(UInt8(ascii: "\\")) else { return }
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        try demand(!isUTF8 || repaired == bytes, "a line that needs no repair was changed")
        let isASCII = { (byte: UInt8) in byte < 0x80 }
        try demand(repaired.filter(isASCII) == bytes.filter(isASCII), "a repair changed more than what is not UTF-8")
    }
}
