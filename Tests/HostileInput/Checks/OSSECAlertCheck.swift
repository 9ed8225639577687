import Alerts

/// Scans a line of OSSEC's, brings it into Wazuh's form, and compares both with the plain reader.
struct OSSECAlertCheck {
    private static let elsewhere: Set<String> = [
        "rule", "id", "TimeStamp", "timestamp", "decoder", "decoder_parent", "decoder_desc", "location", "full_log",
        "previous_output", "hostname", "program_name", "SyscheckFile", "agent_name", "agentip", "logfile",
        "systemname", "system_name",
    ]
    private static let host = "soc \"1\""

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func run() throws(Violation) {
        let expected = ReferenceAlert(bytes, ruleIDKey: "sidid")
        let facts = bytes.withUnsafeBytes { line in
            var scanner = AlertScanner()
            return (try? scanner.scan(line, as: .ossec)).map { $0.ruleFacts(in: line) }
        }
        try demand((facts == nil) == (expected == nil), "the scanner and the plain reader differ")
        guard let facts, let expected else { return }
        try demand(Array(facts.id.utf8) == expected.ruleID && facts.level == expected.level, "the rule: \(facts)")
        try demand(
            facts.groups.map { Array($0.utf8) } == expected.json["rule"]?["group"]?.texts ?? [],
            "the groups: \(facts.groups)")
        let alert: Alert
        do throws(AlertError) {
            alert = try self.alert()
        } catch {
            // The form may be longer, and what OSSEC never writes nested may get deeper.
            return try demand(["too_long", "too_deep"].contains(error.kind), "there is no form of an alert: \(error)")
        }
        try demand(alert.rule == facts, "the scanner and the form differ about the rule")
        try demand((try? self.alert())?.json == alert.json, "the form of the same line differs")
        try compare(alert, expected)
        try AlertCheck(alert.json).run()
    }

    private func alert() throws(AlertError) -> Alert {
        try bytes.withUnsafeBufferPointer { bytes throws(AlertError) in
            var scanner = AlertScanner()
            let line = UnsafeRawBufferPointer(bytes)
            return try Alert(try scanner.scan(line, as: .ossec), line: line, host: Self.host)
        }
    }

    private func compare(_ alert: Alert, _ expected: ReferenceAlert) throws(Violation) {
        try demand(Array(alert.id.utf8) == expected.id, "id: \(alert.id)")
        try demand(alert.managerName == Self.host, "manager.name")
        for (path, key) in [("full_log", "full_log"), ("previous_output", "previous_output")] {
            try demand(same(alert.text(at: path), expected.json[key]?.text), path)
        }
        let file = expected.json["SyscheckFile"]?["path"]?.text
        try demand(same(alert.text(at: "syscheck.path"), file), "syscheck.path")
        try demand(alert.timestamp.isEmpty || alert.raisedAt != nil, "the time \(alert.timestamp)")
        try compareOrigin(alert, expected)
        for (path, value) in expected.paths(atMost: 64) where !path.contains(".") && !Self.elsewhere.contains(path) {
            try demand(same(alert.text(at: "data." + path), value.text), "data.\(path)")
        }
    }

    /// Name, address and file make up the location again.
    private func compareOrigin(_ alert: Alert, _ expected: ReferenceAlert) throws(Violation) {
        let location = expected.json["location"]?.text ?? []
        let file = alert.location ?? ""
        if alert.agentID == "000" {
            return try demand(alert.agentName == Self.host && same(file, location), "the manager's own: \(file)")
        }
        guard alert.agentID == nil, let name = alert.agentName else { throw Violation("the alert is of nobody") }
        let addresses = alert.agentIP.map { [$0] } ?? ["any", ""]
        try demand(
            addresses.contains { same("(\(name)) \($0)->\(file)", location) }, "the agent \(name): \(file)")
    }

    /// Equal byte for byte: to Swift, texts of different bytes may be equal.
    private func same(_ text: String?, _ bytes: [UInt8]?) -> Bool {
        text.map { Array($0.utf8) } == bytes
    }
}
