/// A valid manager's configuration made by chance, in XML with several roots or in YAML.
struct GeneratedConfiguration {
    private enum Value {
        /// The same element once or several times; in YAML the last one.
        case texts([String])
        case list([String])
    }

    private var random: any RandomNumberGenerator
    private var sections: [(name: String, options: [(name: String, value: Value)])] = []

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
        let commands = (0..<Int.random(in: 1...4, using: &random)).map { "c\($0)\(pick(Self.odd))" }
        for name in commands { sections.append(("command", command(name))) }
        for index in 0..<Int.random(in: 0...5, using: &random) {
            sections.append(("active-response", response(index, commands)))
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            sections.append(("global", global()))
            sections.append(("manager", [("name", texts(Self.odd.filter { !$0.isEmpty }))]))
            sections.append(("logging", [("level", texts(["debug", "info"]))]))
            sections.append(("ledger", [("keep", texts(["30d", "90"])), ("max_size", texts(["2G", "1048576"]))]))
            sections.append(
                (
                    "api",
                    [
                        ("port", texts(["1", "7515"])), ("local_ip", texts(["::", "0.0.0.0"])),
                        ("socket_group", texts(["edr", "007"])), ("socket_role", texts(["viewer", "operator"])),
                    ]
                ))
            sections.append(("remote", [("port", texts(["1", "7514"])), ("local_ip", texts(["::", "0.0.0.0"]))]))
        }
        for index in 0..<Int.random(in: 0...2, using: &random) {
            sections.append(
                (
                    "alert_source",
                    [("location", .texts(["/s\(index)\(pick(Self.odd))"])), ("start", texts(["end", "beginning"]))]
                ))
        }
        sections.shuffle(using: &random)
    }

    /// Ends of names that trip over one format or the other.
    private static let odd = [
        "", "", "", "yes", "007", ": x", " #y", "*", "&amp;", "<a>", "]]>", "-->", "{", "[", ",z", "\"", "'", "\\",
        "\\n",
        "a\nb", "a\tb", "é€😀", "%", "|", "!", "null",
    ]

    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }

    private mutating func chance() -> Bool { Bool.random(using: &random) }

    private mutating func some(_ values: [String], _ range: ClosedRange<Int>) -> [String] {
        (0..<Int.random(in: range, using: &random)).map { _ in pick(values) }
    }

    private mutating func texts(_ values: [String]) -> Value { .texts(some(values, 1...2)) }

    /// A list, or the same with commas.
    private mutating func words(_ values: [String], _ range: ClosedRange<Int> = 1...3) -> Value {
        let words = some(values, range)
        return chance() ? .list(words) : .texts([words.joined(separator: pick([",", ", ", " ", ",\n"]))])
    }

    private mutating func optional(_ options: [(String, Value)]) -> [(name: String, value: Value)] {
        options.filter { _ in chance() }.map { ($0.0, $0.1) }
    }

    private mutating func command(_ name: String) -> [(name: String, value: Value)] {
        let arguments = ["-v", "$data.url", "yes", "", "two words", "a,b", "\"", "#", "<x>", "é"]
        let extra: Value =
            chance() ? .list(some(arguments, 1...3)) : texts(["-v x", "\"a b\"", "a,b #c $data.url", ""])
        return [("name", .texts([name])), ("executable", texts(["x", "sub/y.sh", "007", "é'&.sh"]))]
            + optional([
                ("expect", words(["srcip", "user", "username", "filename"])),
                ("timeout_allowed", texts(["yes", "no"])),
                ("extra_args", extra), ("protocol", texts(["auto", "json", "positional"])),
                ("exec_timeout", texts(["5", "2m"])), ("run_as", texts(["nobody", "root", "www-data"])),
                ("sha256", texts([String(repeating: "0", count: 64), String(repeating: "1aF9", count: 16)])),
            ])
    }

    private mutating func response(_ index: Int, _ commands: [String]) -> [(name: String, value: Value)] {
        let groups: Value =
            chance()
            ? .list(some(["web", "a b", "a\\b", "^c$", "007"], 1...3))
            : texts(["web", "web,attack", "web,", #"auth\w+|x"#, "^syslog", "a, b ,c", "x<y", "web,$"])
        return [
            ("command", texts(commands)), ("location", texts(["local", "server", "AS", "any", "defined-agent"])),
            ("agent_id", words(["1", "002", "web01", "yes"])),
        ]
            + optional([
                ("name", .texts(["r\(index)\(pick(Self.odd))"])), ("level", texts(["0", "3", "16"])),
                ("rules_id", words(["5712", "1", "007"])), ("rules_group", groups),
                ("timeout", texts(["0", "600", "10m", "1w"])), ("repeated_offenders", words(["30", "60", "1"], 1...7)),
                ("disabled", texts(["yes", "no"])), ("mode", texts(["observe", "enforce"])),
                ("expires", texts(["1", "2h"])), ("priority", texts(["0", "100"])),
                ("white_list", words(["127.0.0.1", "::1", "10.0.0.0/8", "a|b"])),
                ("require_approval", texts(["yes", "no"])),
                ("approval_deadline", texts(["90", "1d"])), ("approval_default", texts(["approve", "deny"])),
            ])
    }

    private mutating func global() -> [(name: String, value: Value)] {
        let entries = ["127.0.0.1", "::1", "10.0.0.0/255.0.0.0", "2001:db8::/32", "^localhost.localdomain$", "a|b"]
        return optional([
            ("white_list", chance() ? texts(entries) : words(entries)), ("allow_list", words(entries)),
            ("agent_match", texts(["name", "id"])), ("undo_grace", texts(["0", "10m"])),
            ("on_stop", texts(["keep", "undo"])),
        ])
    }

    /// In XML, every section in a root of its own or together with the one before.
    mutating func xml() -> String {
        var text = "<!-- made by chance -->\n"
        for (name, options) in sections {
            // Only our own roots have lists, and these sections are Wazuh's own in theirs.
            let hasList = options.contains { if case .list = $0.value { true } else { false } }
            let isOurs =
                hasList || ["remote", "logging", "manager", "alert_source", "ledger", "api"].contains(name) || chance()
            let root = isOurs ? "edr_config" : "ossec_config"
            text += "<\(root)><\(name)>\n"
            for (option, value) in options {
                switch value {
                case .texts(let texts): for value in texts { text += "<\(option)>\(escaped(value))</\(option)>\n" }
                case .list(let items):
                    text += "<\(option)>" + items.map { "<item>\(escaped($0))</item>" }.joined() + "</\(option)>\n"
                }
            }
            text += "</\(name)></\(root)>\n"
        }
        return text
    }

    private func escaped(_ text: String) -> String {
        // The blank keeps a backslash at the end from the '<' behind it.
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;") + " "
    }

    /// In YAML of JSON's kind.
    func yaml() -> String {
        var names: [String] = []
        for section in sections where !names.contains(section.name) { names.append(section.name) }
        return names.map { name in
            let blocks = sections.filter { $0.name == name }.map { section in
                let options = section.options.map { option in
                    switch option.value {
                    case .texts(let texts): "\(option.name): \(quoted(texts.last ?? ""))"
                    case .list(let items): "\(option.name): [\(items.map(quoted).joined(separator: ", "))]"
                    }
                }
                return "{" + options.joined(separator: ", ") + "}"
            }
            return "\(name): [\(blocks.joined(separator: ",\n  "))]\n"
        }.joined()
    }

    private func quoted(_ text: String) -> String {
        let escapes: [Character: String] = ["\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\t": "\\t"]
        return "\"" + text.map { escapes[$0] ?? String($0) }.joined() + "\""
    }
}

struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
