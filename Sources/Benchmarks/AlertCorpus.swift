import Alerts

/// Alerts for measuring: the same on every run, in the sizes and the mix of a busy manager.
struct AlertCorpus {
    /// The alerts, one after another, with a newline behind each.
    let bytes: [UInt8]
    /// Where each alert begins and ends, without its newline.
    let lines: [Range<Int>]
    /// How many of them ``policyXML(responses:)`` fires for.
    let firing: Int

    /// - Parameters:
    ///   - count: how many alerts.
    ///   - firingEvery: one alert in so many is of the kind that fires.
    ///   - format: whose alerts they are.
    init(count: Int, firingEvery: Int, format: AlertFormat = .wazuh) {
        var generator = Generator(state: 0x5EED)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 1400)
        var lines: [Range<Int>] = []
        lines.reserveCapacity(count)
        var firing = 0
        for number in 0..<count {
            let fires = number % firingEvery == firingEvery / 2
            if fires { firing += 1 }
            let start = bytes.count
            switch format {
            case .wazuh: bytes.append(contentsOf: Self.alert(number, fires: fires, &generator).utf8)
            case .ossec: bytes.append(contentsOf: Self.ossecAlert(number, fires: fires, &generator).utf8)
            }
            lines.append(start..<bytes.count)
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
        self.lines = lines
        self.firing = firing
    }

    /// A configuration of which the last response fires for the alerts that shall, and the others for none: by level,
    /// by group and by rule id in equal parts.
    static func policyXML(responses: Int) -> String {
        var xml = "<ossec_config><command><name>drop</name><executable>firewall-drop</executable>"
        xml += "<expect>srcip</expect><timeout_allowed>yes</timeout_allowed></command>\n"
        for number in 0..<(responses - 1) {
            let condition =
                switch number % 3 {
                case 0: "<level>\(13 + number % 4)</level>"
                case 1: "<rules_group>never_\(number)|not_either_\(number)</rules_group>"
                default: "<rules_id>\(200_000 + number), \(300_000 + number)</rules_id>"
                }
            xml += "<active-response><command>drop</command><location>local</location>\(condition)"
            xml += "<timeout>600</timeout></active-response>\n"
        }
        xml += "<active-response><command>drop</command><location>local</location><level>10</level>"
        return xml + "<rules_group>authentication_failures</rules_group></active-response></ossec_config>\n"
    }

    /// The rules of the corpus: some hundred, as a day of a real manager has.
    private static let ruleCount = 400
    private static let groups = [
        #"["syslog","sshd","authentication_failed"]"#, #"["windows","windows_security","logon_failed"]"#,
        #"["web","accesslog","attack","sql_injection"]"#, #"["ossec","syscheck","syscheck_entry_modified"]"#,
        #"["pam","syslog"]"#, #"["audit","audit_command"]"#, #"["docker"]"#, #"["vulnerability-detector"]"#,
    ]

    private static func alert(_ number: Int, fires: Bool, _ generator: inout Generator) -> String {
        let rule = generator.next(below: ruleCount)
        let id = fires ? "5712" : "\(31_000 + rule)"
        let level = fires ? 10 : 3 + rule % 7
        let groups = fires ? #"["syslog","sshd","authentication_failures"]"# : groups[rule % groups.count]
        let agent = generator.next(below: 500)
        let address = "198.51.\(generator.next(below: 100)).\(generator.next(below: 256))"
        let millisecond = 100 + generator.next(below: 900)
        let time = "2025-04-13T1\(number % 10):\(10 + number % 50):\(10 + number % 47).\(millisecond)+0000"
        var text = #"{"timestamp":"\#(time)","rule":{"level":\#(level),"description":"#
        text += #""Rule \#(id): something noteworthy was seen in a log.","id":"\#(id)","#
        text += #""mitre":{"id":["T1110"],"tactic":["Credential Access"],"technique":["Brute Force"]},"#
        text +=
            #""firedtimes":\#(1 + number % 977),"mail":false,"groups":\#(groups),"pci_dss":["11.4","10.2.\#(rule % 7)"],"#
        text += #""gdpr":["IV_35.7.d","IV_32.2"],"hipaa":["164.312.b"],"nist_800_53":["SI.4","AU.14"],"#
        text += #""tsc":["CC6.1","CC6.8","CC7.2","CC7.3"]},"agent":{"id":"\#(agent)","name":"web-\#(agent)","#
        text +=
            #""ip":"192.0.2.\#(agent % 256)"},"manager":{"name":"soc-mgr"},"id":"17445579\#(number % 90 + 10).\#(number)","#
        text += #""full_log":"\#(log(address, &generator))","#
        text += #""predecoder":{"program_name":"sshd","timestamp":"Apr 13 15:25:00","hostname":"web-\#(agent)"},"#
        text += #""decoder":{"parent":"sshd","name":"sshd"},"data":{"srcip":"\#(address)","#
        text +=
            #""srcport":"\#(1024 + generator.next(below: 60_000))","srcuser":"admin","dstuser":"root","protocol":"GET","#
        return text + #""url":"/index.php?id=\#(number)"},"location":"/var/log/auth.log"}"#
    }

    /// The same as OSSEC has it, of which the last lines say everything twice.
    private static func ossecAlert(_ number: Int, fires: Bool, _ generator: inout Generator) -> String {
        let rule = generator.next(below: ruleCount)
        let id = fires ? 5712 : 31_000 + rule
        let level = fires ? 10 : 3 + rule % 7
        let groups = fires ? #"["syslog","sshd","authentication_failures"]"# : groups[rule % groups.count]
        let group = groups.dropFirst().dropLast().replacing("\"", with: "") + ","
        let agent = generator.next(below: 500)
        let (name, ip) = ("web-\(agent)", "192.0.2.\(agent % 256)")
        let address = "198.51.\(generator.next(below: 100)).\(generator.next(below: 256))"
        var text = #"{"rule":{"level":\#(level),"comment":"Rule \#(id): something noteworthy was seen in a log.","#
        text += #""sidid":\#(id),"firedtimes":\#(1 + number % 977),"group":"\#(group)","groups":\#(groups)},"#
        text += #""id":"17445579\#(number % 90 + 10).\#(number)","TimeStamp":1.744558e+12,"decoder":"sshd","#
        text += #""decoder_parent":"sshd","protocol":"GET","srcip":"\#(address)","#
        text += #""srcport":"\#(1024 + generator.next(below: 60_000))","srcuser":"admin","dstuser":"root","#
        text += #""location":"(\#(name)) \#(ip)->/var/log/auth.log","full_log":"\#(log(address, &generator))","#
        text += #""hostname":"\#(name)","program_name":"sshd","url":"/index.php?id=\#(number)","#
        text += #""decoder":{"fts":32,"parent":"sshd","name":"sshd"},"agent_name":"\#(name)","agentip":"\#(ip)","#
        return text + #""timestamp":"2025 Apr 13 15:25:01","logfile":"/var/log/auth.log"}"#
    }

    /// A log of 100 to 700 bytes, now and then with what a Windows event brings: escapes and text beyond ASCII.
    private static func log(_ address: String, _ generator: inout Generator) -> String {
        var log = "Apr 13 15:25:00 web sshd[\(generator.next(below: 32_768))]: Failed password for root from \(address)"
        let length = 100 + generator.next(below: 600)
        let extra = generator.next(below: 8)
        while log.utf8.count < length {
            switch extra {
            case 0: log += #" C:\\Windows\\System32\\cmd.exe /c \"dir\"\r\n"#
            case 1: log += " Пользователь не найден, Anmeldung abgelehnt für Müller"
            default: log += " port \(generator.next(below: 65_536)) ssh2 PAM: authentication failure; logname= uid=0"
            }
        }
        return log
    }

    /// SplitMix64: small, and the same everywhere.
    private struct Generator {
        var state: UInt64

        mutating func next(below limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            return Int(mixed % UInt64(limit))
        }
    }
}
