import ActiveResponse
import Alerts
import Foundation
import TestSupport
import Testing

/// Hostile values in every field of an alert that reaches a script, through a real manager and a real agent.
@Suite struct `The fields of an alert` {
    /// What attackers write into log lines.
    enum Value: String, CaseIterable {
        case blanks = "two  words "
        case quotes = "'\"`\\"
        case substitution = "$(touch pwned)`id`;|&*?~"
        case option = "-rf"
        case parent = "../../etc/passwd"
        /// Not UTF-8 in the file; `\u{FFFD}` from there on.
        case notUTF8 = "a\u{FFFD}b"
        case lineBreak = "a\nb"
        case zero = "a\0b"
        /// 100 KB.
        case long

        var text: String { self == .long ? String(repeating: "x", count: 100_000) : rawValue }
    }

    /// Where in the alert the value stands.
    enum Field: String, CaseIterable {
        case user, address, file, alertID, ruleID, extra

        /// The place of the field among the script's words.
        var index: Int {
            switch self {
            case .user: 1
            case .address: 2
            case .alertID: 3
            case .ruleID: 4
            case .file: 6
            case .extra: 7
            }
        }
    }

    /// What becomes of a response.
    enum Outcome: Equatable {
        /// The script gets this word.
        case word(String)
        /// The agent refuses the order.
        case refused(String)
        /// The manager gives no order.
        case skipped(String)
    }

    private static let policy = """
        <command><name>dump</name><executable>dump</executable><extra_args>$data.extra</extra_args></command>
        <command><name>strict</name><executable>dump</executable><expect>user,srcip,filename</expect></command>
        <active-response>
          <command>dump</command><location>defined-agent</location><agent_id>001</agent_id><level>7</level>
        </active-response>
        <active-response>
          <command>strict</command><location>defined-agent</location><agent_id>001</agent_id><level>7</level>
        </active-response>
        """

    /// Writes its words, each with a zero behind it, into a file named after the dispatch.
    private static let dump = "#!/bin/sh\nprintf '%s\\0' \"$@\" >\"dump-$EDR_DISPATCH_ID\"\n"

    private static let ordinaryWords = [
        "add", "root", "198.51.100.77", "1744557901.918273", "5712", "web-03", "/var/log/auth.log", "x",
    ]

    /// What becomes of the response that expects nothing.
    private static func outcome(_ field: Field, _ value: Value) -> Outcome {
        switch (field, value) {
        // Where nobody expects it, an invalid value counts as not there: it must not ward off the response.
        case (.user, _), (.address, _): .word("-")
        case (.file, .parent), (.file, .lineBreak), (.file, .zero), (.file, .long): .word("-")
        case (.file, _): .word("/srv/" + value.text)
        case (.alertID, .lineBreak), (.alertID, .zero): .refused("the alert id contains a control character")
        case (.ruleID, .lineBreak), (.ruleID, .zero): .refused("the rule id contains a control character")
        case (.alertID, .long): .refused("the alert id is longer than 1024 bytes")
        case (.ruleID, .long): .refused("the rule id is longer than 1024 bytes")
        case (.extra, .lineBreak), (.extra, .zero):
            .skipped("the alert's \"data.extra\" contains a control character")
        case (.extra, .long): .skipped("the alert's \"data.extra\" is longer than 4096 bytes")
        default: .word(value.text)
        }
    }

    /// Why the response does not fire that expects user, address and file; nil when it does.
    private static func strictReason(_ field: Field, _ value: Value) -> String? {
        switch field {
        case .user: "(1272): Invalid username"
        case .address: "(1271): Invalid IP Address"
        case .file where outcome(field, value) == .word("-"): "is not an absolute, normal path"
        default: nil
        }
    }

    /// A line of `alerts.json`, each with a time of its own.
    private static func line(_ field: Field, _ value: Value, number: Int) throws -> [UInt8] {
        func text(_ place: Field, _ ordinary: String) -> String {
            guard place == field else { return ordinary }
            return place == .file ? "/srv/" + value.text : value.text
        }
        let alert: [String: Any] = [
            "timestamp": "2025-04-13T15:25:01.\(100 + number)+0000", "id": text(.alertID, ordinaryWords[3]),
            "rule": ["level": 10, "id": text(.ruleID, ordinaryWords[4]), "description": "", "groups": ["sshd"]],
            "agent": ["id": "001", "name": "web-03"], "manager": ["name": "soc-mgr"],
            "data": [
                "srcip": text(.address, ordinaryWords[2]), "dstuser": text(.user, ordinaryWords[1]),
                "extra": text(.extra, "x"),
            ],
            "syscheck": ["path": text(.file, ordinaryWords[6])],
        ]
        let json = [UInt8](try JSONSerialization.data(withJSONObject: alert, options: .withoutEscapingSlashes))
        // A byte that begins no character, in the place of the character that stands for it.
        guard value == .notUTF8, let place = json.firstRange(of: Array("\u{FFFD}".utf8)) else { return json }
        return json[..<place.lowerBound] + [0xFF] + json[place.upperBound...]
    }

    /// The id of the dispatch that a response means for the alert in a line.
    private static func dispatch(_ line: [UInt8], _ response: String) throws -> DispatchID {
        let alert = try Alert(json: line.withUnsafeBytes { LineRepair.wellFormed($0) })
        return DispatchID.of(
            alertIdentity: alert.identity.bytes, activeResponse: response, agent: "001", action: "add")
    }

    @Test func `reach the script as one literal word, or the response is refused with the reason`() async throws {
        let fleet = try Fleet(policy: Self.policy)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("dump", Self.dump)
        let agent = try await fleet.startAgent(home)

        var cases: [(field: Field, value: Value, line: [UInt8])] = []
        for field in Field.allCases {
            for value in Value.allCases {
                cases.append((field, value, try Self.line(field, value, number: cases.count)))
            }
        }
        try append(cases.flatMap { $0.line + [0x0A] }, to: fleet.alerts)
        for (field, value, line) in cases {
            let id = try Self.dispatch(line, "dump")
            switch Self.outcome(field, value) {
            case .word(let word):
                try await manager.line(containing: "Response event", "\(id)", "state=finished")
                var expected = Self.ordinaryWords
                expected[field.index] = word
                #expect(words(home, id) == expected, "\(field) \(value)")
            case .refused(let reason):
                try await manager.line(containing: "Response is refused", "\(id)", reason)
                let shown = try fleet.controlJSON("responses", "show", "\(id)") as? [String: Any]
                #expect(shown?["state"] as? String == "refused", "\(field) \(value)")
                let details = (shown?["timeline"] as? [[String: Any]])?.compactMap { $0["detail"] as? String }
                #expect(details?.contains(reason) == true, "\(field) \(value)")
                #expect(words(home, id) == nil, "\(field) \(value)")
            case .skipped(let reason):
                #expect(try reasons(fleet, line)["dump"] == reason, "\(field) \(value)")
            }
            if let reason = Self.strictReason(field, value) {
                #expect(try reasons(fleet, line)["strict"]?.contains(reason) == true, "\(field) \(value)")
                #expect(words(home, try Self.dispatch(line, "strict")) == nil, "\(field) \(value)")
            }
        }
        #expect(home.bytes(of: "pwned") == nil)
        #expect(fleet.managerHome.bytes(of: "pwned") == nil)
        await agent.stop()
        await manager.stop()
    }

    @Test func `a name of an agent that nobody enrolled runs nothing, whatever it is`() async throws {
        let fleet = try Fleet(
            policy: Self.policy.replacing("<location>defined-agent</location>", with: "<location>local</location>")
                .replacing("<agent_id>001</agent_id>", with: ""))
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")
        for value in Value.allCases where value != .notUTF8 {
            let text = try String(
                decoding: JSONSerialization.data(withJSONObject: value.text, options: .fragmentsAllowed),
                as: UTF8.self)
            let line = Fleet.alert(agent: "AGENT").replacing("\"AGENT\"", with: text)
                .replacing("\"srcuser\"", with: "\"extra\"")
            let reason = try reasons(fleet, Array(line.utf8))["dump"]
            #expect(reason?.hasPrefix("no enrolled agent is named") == true, "\(value)")
        }
        await manager.stop()
    }

    @Test func `a zero byte or more than 1 MiB make a line no alert`() async throws {
        let fleet = try Fleet(policy: Self.policy)
        let manager = try await fleet.startManager()
        _ = try fleet.enrollAgent(named: "web-03")
        let zero = Fleet.alert(srcip: "198.51.100.77\0")
        let large = Fleet.alert(srcip: String(repeating: "1", count: 1 << 20))
        let refused = try fleet.control("alerts", "test", "-", input: zero)
        #expect(refused.status != 0)
        #expect(refused.errors.contains("an unescaped control character in a string"))
        #expect(try fleet.control("alerts", "test", "-", input: large).status != 0)
        // In a followed file they are counted, and what comes after them is read.
        try append(
            Array((zero + "\n" + large + "\n" + Fleet.alert().replacing("srcuser", with: "extra") + "\n").utf8),
            to: fleet.alerts)
        try await manager.line(containing: "Response fires", "1744557901.918273")
        await manager.stop()
    }

    /// The words of a script that ran; nil when it did not.
    private func words(_ home: TemporaryHome, _ id: DispatchID) -> [String]? {
        home.bytes(of: "dump-\(id)").map { bytes in
            bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Why each response does not fire, by its name.
    private func reasons(_ fleet: Fleet, _ line: [UInt8]) throws -> [String: String] {
        let tested = try fleet.controlJSON("alerts", "test", "-", input: String(decoding: line, as: UTF8.self))
        let responses = (tested as? [String: Any])?["responses"] as? [[String: Any]] ?? []
        return responses.reduce(into: [:]) { reasons, response in
            guard response["fires"] as? Bool == false, let name = response["active_response"] as? String else { return }
            reasons[name] = response["reason"] as? String
        }
    }

    /// Appends bytes to a file.
    private func append(_ bytes: [UInt8], to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }
}
