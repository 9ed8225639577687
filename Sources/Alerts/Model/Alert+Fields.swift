/// The members of a Wazuh alert that we use (reference/ossec-wazuh.md, section 7).
extension Alert {
    /// `SECONDS.OFFSET` in Wazuh.
    ///
    /// Not unique by itself: see ``identity``.
    package var id: String { text(at: "id") ?? "" }
    /// As the alert writes it; empty when it has none.
    package var timestamp: String { text(at: "timestamp") ?? "" }
    /// When the alert was raised, in Unix milliseconds; nil when the alert does not say it in a known form.
    package var raisedAt: Int64? { AlertTimestamp.unixMilliseconds(timestamp) }

    package var ruleID: String { rule.id }
    package var level: Int { rule.level }
    /// Without compliance tags.
    package var groups: [String] { rule.groups }
    /// Groups and compliance tags, each followed by a comma.
    package var groupText: String { rule.groupText }
    package var ruleDescription: String { text(at: "rule.description") ?? "" }

    /// Wazuh's id of the agent, which is not the id of ours; `000` is the Wazuh manager.
    package var agentID: String? { nonEmpty("agent.id") }
    package var agentName: String? { nonEmpty("agent.name") }
    package var agentIP: String? { nonEmpty("agent.ip") }
    package var managerName: String? { nonEmpty("manager.name") }
    package var location: String? { nonEmpty("location") }
    package var fullLog: String? { nonEmpty("full_log") }

    package var identity: AlertIdentity {
        AlertIdentity(managerName: managerName, id: id, timestamp: timestamp, ruleID: ruleID, agentID: agentID)
    }

    /// The account that the event was about: `data.dstuser`, else `data.user`.
    ///
    /// Never `srcuser`, the account that something came from, which would let an attacker name whom to lock out.
    package var user: String? { named("data.dstuser") ?? named("data.user") }

    /// The address that a response would act on; the first of ``sourceAddressTexts``.
    package var sourceAddressText: String? { sourceAddressTexts.first }

    /// Every address that a script might take for the source: `data.srcip`, then those of a Windows event.
    ///
    /// Scripts that read the alert itself do not all prefer the same one, so the white list looks at each.
    package var sourceAddressTexts: [String] {
        ["data.srcip", "data.win.eventdata.ipAddress", "data.win.eventdata.destinationIp"].compactMap { named($0) }
    }

    /// The file that the event was about: `syscheck.path`, else ``location`` when that is an absolute path.
    package var filename: String? {
        named("syscheck.path") ?? location.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    private func nonEmpty(_ path: String) -> String? {
        text(at: path).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `-` is how Windows events and OSSEC write that there is none.
    private func named(_ path: String) -> String? {
        nonEmpty(path).flatMap { $0 == "-" ? nil : $0 }
    }
}
