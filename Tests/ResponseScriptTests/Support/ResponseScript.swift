import Foundation
import TestSupport
import Testing

/// A shipped script, started as the agent starts it.
struct ResponseScript {
    static let folder = Repository.path + "/active-response/bin"

    let name: String

    var path: String { Self.folder + "/" + name }

    /// The arguments for one run.
    func arguments(
        _ action: String, user: String = "-", ip: String = "-", alertID: String = "1700000000.4242",
        file: String = "-", extra: [String] = []
    ) -> [String] {
        [action, user, ip, alertID, "5712", "web01", file] + extra
    }

    /// The environment, of which tests change what they are about.
    ///
    /// What the test's own process has in it of ours is overwritten.
    static func environment(_ changes: [String: String] = [:]) -> [String: String] {
        [
            "EDR_HOME": "/nonexistent", "EDR_TIMEOUT": "0", "EDR_MANAGER_ADDRESSES": "", "EDR_ALERT_TIME": "",
            "EDR_DISPATCH_ID": "",
        ].merging(changes) { $1 }
    }
}

/// What changes the firewall.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case nftables, iptables

    var testDescription: String { rawValue }
}
