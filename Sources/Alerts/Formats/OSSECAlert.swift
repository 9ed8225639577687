/// An alert of OSSEC's in Wazuh's form, so that policy and scripts know only that one.
///
/// Made only of an alert that may fire. What OSSEC writes, and where: reference/ossec-wazuh.md, section 7. Values are
/// carried over as they stand, with their escapes, but for those that have a structure to be taken apart. Of several
/// members with the same key the first counts.
struct OSSECAlert {
    /// Members that `data` does not take: those that have a place of their own, and those that only repeat, sometimes cut
    /// off, what stands elsewhere.
    private static let elsewhere = Set(
        [
            "rule", "id", "TimeStamp", "timestamp", "decoder", "decoder_parent", "decoder_desc", "location", "full_log",
            "previous_output", "hostname", "program_name", "SyscheckFile", "agent_name", "agentip", "logfile",
        ].map { Array($0.utf8) })
    private static let systemName = Array("systemname".utf8)

    private let json: [UInt8]
    private let rule: RuleFacts
    private let members: JSONMembers

    /// - Parameters:
    ///   - fields: what ``AlertScanner`` found in `line`.
    ///   - line: the very bytes that were scanned.
    init(_ fields: AlertFields, line: UnsafeRawBufferPointer) {
        json = Array(line)
        rule = fields.ruleFacts(in: line)
        members = JSONMembers(json)
    }

    /// The alert as Wazuh would write it.
    ///
    /// The same line and host give the same bytes, whenever and wherever in the world.
    ///
    /// - Parameter host: the name of the machine that OSSEC's manager runs on, which its alerts do not say.
    func wazuhForm(host: String) -> [UInt8] {
        let origin = OSSECOrigin(text("location"))
        let host = JSONString.quoted(host)
        var alert = JSONObject()
        alert.add("timestamp", timestamp)
        alert.add("rule", ruleForm)
        var agent = JSONObject()
        if case .agent(let name, let address) = origin.writer {
            agent.add("name", JSONString.quoted(name))
            agent.add("ip", address.map(JSONString.quoted))
        } else {
            agent.add("id", "\"000\"")
            agent.add("name", host)
        }
        alert.add("agent", agent)
        var manager = JSONObject()
        manager.add("name", host)
        alert.add("manager", manager)
        alert.add("id", raw("id"))
        alert.add("previous_output", raw("previous_output"))
        alert.add("full_log", raw("full_log"))
        if let file = raw("SyscheckFile"), file.first == UInt8(ascii: "{") { alert.add("syscheck", file) }
        var predecoder = JSONObject()
        predecoder.add("program_name", raw("program_name"))
        predecoder.add("hostname", raw("hostname"))
        alert.add("predecoder", predecoder)
        alert.add("decoder", decoder)
        alert.add("data", data)
        alert.add("location", JSONString.quoted(origin.file))
        return alert.bytes
    }

    private func raw(_ path: String...) -> ArraySlice<UInt8>? { members.value(path, in: json) }

    private func text(_ path: String...) -> String? { members.value(path, in: json).flatMap { JSONValue.text($0) } }

    private var ruleForm: JSONObject {
        var form = JSONObject()
        form.add("level", String(rule.level))
        form.add("description", raw("rule", "comment"))
        form.add("id", JSONString.quoted(rule.id))
        for (key, name) in [("frequency", "frequency"), ("firedtimes", "firedtimes"), ("cve", "cve"), ("info", "info")]
            as [(StaticString, String)]
        {
            form.add(key, raw("rule", name))
        }
        form.add("groups", "[" + rule.groups.map(JSONString.quoted).joined(separator: ",") + "]")
        return form
    }

    /// A text, and in some versions an object as well, which comes later.
    private var decoder: JSONObject {
        var form = JSONObject()
        form.add("parent", raw("decoder_parent") ?? raw("decoder", "parent"))
        form.add("name", raw("decoder").flatMap { $0.first == UInt8(ascii: "{") ? raw("decoder", "name") : $0 })
        return form
    }

    /// What the decoder found, under OSSEC's names, which but for one are Wazuh's.
    private var data: JSONObject {
        var form = JSONObject()
        for member in members.topLevel(in: json) {
            let name = JSONString.resolved(member.key)
            // OSSEC writes no objects or arrays here, and one more level could be one too many.
            guard !Self.elsewhere.contains(name), let first = member.value.first, first != UInt8(ascii: "{"),
                first != UInt8(ascii: "[")
            else { continue }
            if name == Self.systemName {
                form.add("system_name", member.value)
            } else {
                form.add(key: member.key, member.value)
            }
        }
        return form
    }

    /// OSSEC's own time of day has no zone.
    private var timestamp: String? {
        // Older versions round it to half an hour or so, and then write it with an exponent.
        let milliseconds = raw("TimeStamp").flatMap { Self.number($0) }
        let seconds = (text("id")?.utf8.prefix { $0 != UInt8(ascii: ".") }).flatMap { Self.number($0) }
        return (milliseconds ?? seconds.map { $0 * 1000 }).flatMap(AlertTimestamp.text(unixMilliseconds:))
            .map(JSONString.quoted)
    }

    /// A number of digits alone, small enough for a time in milliseconds.
    private static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard (1...15).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
}

/// Where an alert comes from, of OSSEC's location: `(web-03) 192.0.2.7->/var/log/auth.log` for an agent's,
/// and only what is behind the arrow for one of the manager's own.
struct OSSECOrigin {
    enum Writer: Equatable {
        case manager
        /// The address is nil for an agent that may have any.
        case agent(name: String, address: String?)
    }

    let writer: Writer
    let file: String

    init(_ location: String?) {
        let all = Array((location ?? "").utf8)
        func text(_ range: Range<Int>) -> String { String(decoding: all[range], as: UTF8.self) }
        let arrow = all.indices.dropLast().first { all[$0...].starts(with: "->".utf8) }
        guard all.first == UInt8(ascii: "("), let arrow, let closing = all.firstIndex(of: UInt8(ascii: ")")),
            closing > 1, closing + 1 < arrow, all[closing + 1] == UInt8(ascii: " ")
        else {
            writer = .manager
            file = text(all.indices)
            return
        }
        let address = text(closing + 2..<arrow)
        writer = .agent(name: text(1..<closing), address: address.isEmpty || address == "any" ? nil : address)
        file = text(arrow + 2..<all.count)
    }
}
