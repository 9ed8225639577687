import Foundation
import TestSupport
import Testing

/// Values come from whoever writes into the logs.
@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and namespaces")) struct `Hostile values` {
    static let values = [
        "a b", "'", "\"", "$(touch owned)", "`touch owned`", "x; touch owned", "x\ny", "x\ttouch owned", "-rf", "--",
        "*",
        "../../etc/passwd", "..", "\\", "|", "<!channel>", String(repeating: "a", count: 100_000),
        // No UTF-8: the shell that starts the script makes these bytes of it.
        "\\377\\376",
    ]
    /// The position of the value that a script lives by, and the scripts.
    static let positions: [(Int, [String])] = [
        (1, ["disable-account"]),
        (
            2,
            [
                "firewall-drop", "nftables-drop", "firewalld-drop", "host-deny", "ip-customblock", "ipfw", "npf", "pf",
                "route-null",
            ]
        ),
        (6, ["quarantine-file", "delete-file"]),
        (7, ["block-url", "isolate", "kill-process", "kill-process-tree", "notify-webhook", "restart-edr"]),
    ]
    static let cases = positions.flatMap { position, scripts in scripts.map { ($0, position) } }

    @Test(arguments: cases) func `are refused in one line, and nothing is done`(name: String, position: Int) throws {
        let programs = try FakePrograms(
            [
                "nft", "iptables", "ip6tables", "ip", "firewall-cmd", "pfctl", "ipfw", "npfctl", "usermod", "systemctl",
                "curl",
            ]
            .reduce(into: [:]) { $0[$1] = "exit 0" })
        let home = try TemporaryFolder()
        for value in Self.values {
            var arguments = ["add", "-", "-", "1700000000.4242", "5712", "web01", "-", ""]
            arguments[position] = "VALUE"
            let starter = """
                mount -t tmpfs none /run && cd "$1" && value=$2 && script=$3 && shift 3
                [ "$value" != '\\377\\376' ] || value=$(printf '\\377\\376')
                for word; do
                    shift
                    [ "$word" != VALUE ] || word=$value
                    set -- "$@" "$word"
                done
                exec "$script" "$@"
                """
            let result = try ShellCommand.run(
                "/usr/bin/unshare",
                [
                    "--mount", "--net", "/bin/bash", "-c", starter, "sh", home.path, value,
                    ResponseScript(name: name).path,
                ] + arguments,
                environment: programs.environment(["EDR_HOME": home.path, "EDR_ALERT_TIME": "1700000000000"]))
            #expect(result.status == 1, "\(value.prefix(20)): \(result)")
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix(name + ": ") && result.errors.utf8.count < 400, "\(result)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
            #expect(programs.calls() == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == [])
        }
    }
}
