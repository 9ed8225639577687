/// Whose alerts a source writes.
package enum AlertFormat: String, CaseIterable, Sendable {
    /// The form in which alerts are decided and go to scripts: `alerts.json` of Wazuh 4.x.
    case wazuh
    /// `alerts.json` of OSSEC 2.9 and later; ``OSSECAlert`` makes Wazuh's form of it.
    case ossec
}
