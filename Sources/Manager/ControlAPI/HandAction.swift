import Alerts
import Foundation
import Hummingbird

/// A built-in action by hand: a script that is shipped, whatever the configuration says about commands.
enum HandAction: String, CaseIterable, Sendable {
    case kill
    case killTree = "kill-tree"
    case delete
    case blockIP = "block-ip"
    case blockURL = "block-url"
    case isolate
    case restore

    /// How long an action holds that can be taken back and has no timeout, in seconds.
    ///
    /// Practically until somebody undoes it, and so it is listed, counted and undone like any other: ten years, the
    /// longest that an agent takes. Blocking an address is for one year: nft refuses timeouts of three.
    private var untilUndone: Int64 { (self == .blockIP ? 1 : 10) * 365 * 86_400 }

    /// The script; for ``restore`` the one that it undoes.
    var script: String {
        switch self {
        case .kill: "kill-process"
        case .killTree: "kill-process-tree"
        case .delete: "quarantine-file"
        case .blockIP: "firewall-drop"
        case .blockURL: "block-url"
        case .isolate, .restore: "isolate"
        }
    }

    private var isReversible: Bool { self != .kill && self != .killTree }

    /// The options that it takes, besides the agent; all but those of ``isolate`` have to be there.
    private var options: [String] {
        switch self {
        case .kill, .killTree: ["pid"]
        case .delete: ["path", "timeout"]
        case .blockIP: ["ip", "timeout"]
        case .blockURL: ["url", "timeout"]
        case .isolate: ["allowed-ips", "timeout"]
        case .restore: []
        }
    }

    /// Seconds until it is undone.
    func timeout(_ wanted: API.ActionRequest) -> Int64 {
        isReversible ? wanted.timeoutSeconds.map(Int64.init) ?? untilUndone : 0
    }

    /// What it acts on.
    ///
    /// - Throws: when something is missing, of no use to this action, or not what it has to be.
    func target(_ wanted: API.ActionRequest) throws(ControlFailure) -> HandTarget {
        let given: [(String, Bool)] = [
            ("pid", wanted.pid != nil), ("path", wanted.path != nil), ("ip", wanted.ip != nil),
            ("url", wanted.url != nil), ("allowed-ips", wanted.allowedIps != nil),
            ("timeout", wanted.timeoutSeconds != nil),
        ]
        if let (option, _) = given.first(where: { $0.1 && !options.contains($0.0) }) {
            let hint = option == "timeout" ? ", which cannot be undone" : ""
            throw ControlFailure(.badRequest, "--\(option) means nothing to \(rawValue)\(hint)")
        }
        if let seconds = wanted.timeoutSeconds, seconds < 1 {
            throw ControlFailure(.badRequest, "a timeout is at least 1 second, not \(seconds)")
        }
        var target = HandTarget()
        switch self {
        case .kill, .killTree:
            guard let pid = wanted.pid, pid > 1, pid <= Int(Int32.max) else {
                throw needs("--pid, the id of a process above 1")
            }
            target.arguments = [String(pid)]
        case .delete:
            guard let path = wanted.path, path.hasPrefix("/") else {
                throw needs("--path, the absolute path of a file")
            }
            target.filename = path
        case .blockIP:
            guard let address = wanted.ip.flatMap({ IPAddress($0) }) else { throw needs("--ip, an IP address") }
            target.sourceAddress = address
        case .blockURL:
            guard let url = wanted.url, !url.isEmpty else { throw needs("--url, a host name or a URL") }
            target.arguments = [url]
        case .isolate:
            for text in wanted.allowedIps ?? [] where IPAddress(text) == nil && !Self.isNetwork(text) {
                throw ControlFailure(.badRequest, "\"\(text)\" in --allowed-ips is no IP address and no network")
            }
            target.arguments = wanted.allowedIps ?? []
        case .restore: break
        }
        return target
    }

    private func needs(_ what: String) -> ControlFailure {
        ControlFailure(.badRequest, "\(rawValue) needs \(what)")
    }

    private static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bits = Int(parts[1]) else { return false }
        return IPAddress(String(parts[0])) != nil && (1...128).contains(bits)
    }
}
