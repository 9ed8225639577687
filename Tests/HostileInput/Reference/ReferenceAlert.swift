/// What the plain reader finds in an alert.
struct ReferenceAlert {
    private static let maximumLevel = 1000
    private static let tags = ["pci_dss", "gdpr", "gpg13", "hipaa", "nist_800_53", "tsc", "cis"]

    let json: ReferenceJSON
    let id: [UInt8]
    let ruleID: [UInt8]
    let level: Int

    /// Nil when the bytes are no alert.
    ///
    /// - Parameter ruleIDKey: OSSEC has another.
    init?(_ bytes: [UInt8], ruleIDKey: String = "id") {
        guard let json = ReferenceJSON(bytes), case .object = json, let id = Self.identifier(json["id"]),
            let rule = json["rule"], case .object = rule, let ruleID = Self.identifier(rule[ruleIDKey]),
            let level = Self.level(rule["level"])
        else { return nil }
        self.json = json
        self.id = id
        self.ruleID = ruleID
        self.level = level
    }

    private static func identifier(_ value: ReferenceJSON?) -> [UInt8]? {
        switch value {
        case .string(let text, _): text.isEmpty ? nil : text
        // No boolean.
        case .literal(let text): text.first == UInt8(ascii: "t") || text.first == UInt8(ascii: "f") ? nil : text
        default: nil
        }
    }

    private static func level(_ value: ReferenceJSON?) -> Int? {
        switch value {
        case nil, .null: return 0
        case .string(let text, hasEscape: false), .literal(let text):
            guard !text.isEmpty, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return nil
            }
            let digits = text.drop { $0 == UInt8(ascii: "0") }
            guard digits.count <= 4 else { return nil }
            let level = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return level <= maximumLevel ? level : nil
        default: return nil
        }
    }

    /// The text at a path, when it is not empty.
    func nonEmpty(_ path: String...) -> [UInt8]? { value(path)?.text.flatMap { $0.isEmpty ? nil : $0 } }

    /// The text at a path, when it is neither empty nor `-`.
    func named(_ path: String...) -> [UInt8]? {
        value(path)?.text.flatMap { $0.isEmpty || $0 == [UInt8(ascii: "-")] ? nil : $0 }
    }

    private func value(_ path: [String]) -> ReferenceJSON? {
        path.reduce(json) { $0?[$1] }
    }

    var groups: [[UInt8]] { json["rule"]?["groups"]?.texts ?? [] }

    var groupText: [UInt8] {
        let rule = json["rule"]
        var words = groups
        for tag in Self.tags { words += (rule?[tag]?.texts ?? []).map { Array(tag.utf8) + [UInt8(ascii: "_")] + $0 } }
        return words.flatMap { $0 + [UInt8(ascii: ",")] }
    }

    /// The first members of each object with their paths, as far as a path can name them.
    func paths(atMost limit: Int) -> [(path: String, value: ReferenceJSON)] {
        var found: [(String, ReferenceJSON)] = []
        var left: [(prefix: String, object: ReferenceJSON)] = [("", json)]
        while let (prefix, object) = left.popLast(), found.count < limit {
            guard case .object(let members) = object else { continue }
            var seen: Set<[UInt8]> = []
            for member in members.prefix(limit) where seen.insert(member.key).inserted {
                guard !member.key.contains(UInt8(ascii: ".")) else { continue }
                let path = prefix + String(decoding: member.key, as: UTF8.self)
                found.append((path, member.value))
                left.append((path + ".", member.value))
            }
        }
        return found
    }
}
