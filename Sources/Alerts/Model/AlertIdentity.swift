/// What makes two lines the same alert.
///
/// Wazuh's alert id alone can repeat.
package struct AlertIdentity: Hashable, Sendable {
    package let managerName: String?
    package let id: String
    /// As the alert writes it; empty when it has none.
    package let timestamp: String
    package let ruleID: String
    package let agentID: String?

    package init(managerName: String?, id: String, timestamp: String, ruleID: String, agentID: String?) {
        self.managerName = managerName
        self.id = id
        self.timestamp = timestamp
        self.ruleID = ruleID
        self.agentID = agentID
    }

    /// The identity for hashing: different identities have different bytes, because each part comes with its length.
    ///
    /// Dispatch ids are made of it: the form must never change.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for part in [managerName, id, timestamp, ruleID, agentID] {
            let text = Array((part ?? "").utf8)
            // No text has this length, so a part that is not there differs from an empty one.
            let count = part == nil ? UInt32.max : UInt32(text.count)
            for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
            bytes += text
        }
        return bytes
    }
}
