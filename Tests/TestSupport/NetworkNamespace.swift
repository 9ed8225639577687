import Foundation
import Synchronization

/// A network namespace of its own for one test, removed with the last reference to it.
///
/// Firewall rules, addresses and interfaces made in it touch nothing of this machine.
package final class NetworkNamespace: Sendable {
    /// Whether this process may make namespaces: it needs root and `ip` of iproute2.
    package static let isPossible: Bool =
        geteuid() == 0 && (try? ShellCommand.run("/usr/bin/unshare", ["--net", "--mount", "true"]))?.status == 0
        && access(ip, X_OK) == 0

    private static let ip = "/usr/sbin/ip"
    private static let prefix = "edr-test-"
    private static let made = Atomic<Int>(0)
    private static let cables = Atomic<Int>(0)
    private static let sweep: Void = removeAbandoned()

    /// The name as of `ip netns`; with this process's id in it, so that two runs never meet.
    package let name: String

    /// Makes the namespace and brings its loopback interface up.
    package init() throws {
        _ = Self.sweep
        name = "\(Self.prefix)\(getpid())-\(Self.made.add(1, ordering: .relaxed).newValue)"
        try Self.succeed(["netns", "add", name])
        // Without duplicate address detection, which keeps every new IPv6 address back for a second or two.
        try shell("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        try configure("link set lo up")
    }

    deinit { _ = try? ShellCommand.run(Self.ip, ["netns", "delete", name]) }

    /// Removes what runs that were killed have left behind.
    private static func removeAbandoned() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? [] {
            guard name.hasPrefix(prefix), let pid = name.dropFirst(prefix.count).split(separator: "-").first,
                !FileManager.default.fileExists(atPath: "/proc/\(pid)")
            else { continue }
            _ = try? ShellCommand.run(ip, ["netns", "delete", name])
        }
    }

    private static func succeed(_ arguments: [String], input: String = "") throws {
        let result = try ShellCommand.run(ip, arguments, input: input)
        guard result.status == 0 else { throw NotSeen("ip \(arguments.joined(separator: " ")): \(result.errors)") }
    }

    /// Runs `ip` commands in the namespace, one per line.
    package func configure(_ commands: String) throws {
        try Self.succeed(["-netns", name, "-batch", "-"], input: commands + "\n")
    }

    /// Joins an interface here and one there by a virtual cable.
    package func connect(_ interface: String, to other: NetworkNamespace, _ otherInterface: String) throws {
        // Two ends that happen to have the same index look to the kernel like one device that needs no haste, and
        // it takes up to a second to carry packets.
        let index = 100 + 2 * Self.cables.add(1, ordering: .relaxed).newValue
        try Self.succeed([
            "link", "add", interface, "index", "\(index)", "netns", name, "type", "veth",
            "peer", "name", otherInterface, "index", "\(index + 1)", "netns", other.name,
        ])
    }

    /// Runs a program in the namespace to its end.
    package func run(
        _ program: String, _ arguments: [String] = [], input: String = "", environment: [String: String] = [:]
    ) throws -> CommandResult {
        try ShellCommand.run(
            Self.ip, ["netns", "exec", name, program] + arguments, input: input, environment: environment)
    }

    /// Runs a shell script in the namespace, which has to succeed.
    ///
    /// - Returns: its output.
    @discardableResult
    package func shell(_ script: String) throws -> String {
        let result = try run("/bin/sh", ["-c", "set -e\n" + script])
        guard result.status == 0 else { throw NotSeen("status \(result.status) of \(script): \(result.errors)") }
        return result.output
    }

    /// Runs a closure on a thread that is in the namespace; a socket made there stays there.
    package func inside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let path = "/run/netns/\(name)"
        let outcome = Outcome<Value>()
        let done = DispatchSemaphore(value: 0)
        // A thread of its own, which ends: the namespace is a property of the thread.
        Thread.detachNewThread {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            if descriptor >= 0, enterNetworkNamespace(descriptor) {
                outcome.set(Result { try body() })
            }
            if descriptor >= 0 { close(descriptor) }
            done.signal()
        }
        done.wait()
        guard let result = outcome.get() else { throw NotSeen("cannot enter \(path)") }
        return try result.get()
    }
}

/// Calls setns(2) for the calling thread.
///
/// Swift's overlay of the C library leaves this function out.
private func enterNetworkNamespace(_ descriptor: Int32) -> Bool {
    typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "setns") else { return false }
    let cloneNewNet: Int32 = 0x4000_0000
    return unsafeBitCast(symbol, to: SetNamespace.self)(descriptor, cloneNewNet) == 0
}

/// What a thread hands to the one that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
    func get() -> Result<Value, any Error>? { result.withLock { $0 } }
}
