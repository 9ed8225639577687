import Foundation
import TestSupport

/// A host in a network namespace of its own whose firewall `firewall-drop` changes, as the agent would run it.
final class BanHost: Sendable {
    /// What is banned, and how.
    enum Kind: String, CaseIterable, Sendable {
        case address = "IPv4"
        case subnet = "IPv6, ipv6-prefix=64"
        case network = "IPv4 /24"
        case iptables = "IPv4, iptables"

        fileprivate var extra: [String] { self == .subnet ? ["ipv6-prefix=64"] : [] }

        /// One of 65,536 targets.
        fileprivate func target(_ number: Int) -> String {
            switch self {
            case .address, .iptables: "198.18.\(number / 256).\(number % 256)"
            case .subnet: "2001:db8:\(String(number + 1, radix: 16))::\(number % 9 + 1)"
            case .network: "20.\(number / 256).\(number % 256).0/24"
            }
        }
    }

    let namespace: NetworkNamespace
    let kind: Kind
    private let programs: ProgramFolder?

    /// - Parameter namespace: that of another one; nil for a new one.
    init(_ kind: Kind, in namespace: NetworkNamespace? = nil) throws {
        self.kind = kind
        self.namespace = try namespace ?? NetworkNamespace()
        programs = kind == .iptables ? try .withoutNft() : nil
    }

    /// Bans or releases the target of a number.
    ///
    /// - Returns: how long it took, in milliseconds.
    func run(_ action: String, _ number: Int) throws -> Double {
        let target = kind.target(number)
        // An alert, and the answer to the script's question.
        let input = "{\"command\":\"\(action)\"}\n{\"command\":\"continue\"}\n"
        let (result, time) = try script(
            [action, "-", target, "1700000000.4242", "5712", "web01", "-"] + kind.extra, input: input)
        let means = kind == .iptables ? " (iptables; " : " (nftables)"
        let expected = action == "add" ? means : " is not blocked any more"
        guard result.status == 0, result.output.contains(expected) else { throw NotSeen("\(action): \(result)") }
        return time
    }

    /// Lets the script look after so many bans.
    ///
    /// - Returns: how long it took, in milliseconds.
    func restore(_ count: Int, missing: Int) throws -> Double {
        let lines = (0..<count).map {
            (["a\($0)", "600", "-", kind.target($0), "-"] + kind.extra).joined(separator: "\t")
        }
        let (result, time) = try script(["restore"], input: lines.joined(separator: "\n"))
        let restored = result.output.split(separator: "\n").count
        guard result.status == 0, restored == missing, result.errors.isEmpty else {
            throw NotSeen("\(restored) of \(missing) bans came back: \(result.errors)")
        }
        return time
    }

    /// Takes away every rule, as an administrator might.
    func flush() throws {
        try namespace.shell(
            kind == .iptables ? "iptables -F; iptables -X; ip6tables -F; ip6tables -X" : "nft flush ruleset")
    }

    private func script(_ arguments: [String], input: String) throws -> (result: CommandResult, time: Double) {
        var environment = [
            "EDR_HOME": "/nonexistent", "EDR_TIMEOUT": "600", "EDR_MANAGER_ADDRESSES": "", "EDR_ALERT_TIME": "",
            "EDR_DISPATCH_ID": "0123456789abcdef",
        ]
        if let programs { environment["PATH"] = programs.path }
        let (path, variables) = (Repository.path + "/active-response/bin/firewall-drop", environment)
        // Not by "ip netns exec", whose time is not the script's.
        return try namespace.inside {
            let start = DispatchTime.now().uptimeNanoseconds
            let result = try ShellCommand.run(path, arguments, input: input, environment: variables)
            return (result, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
        }
    }
}
