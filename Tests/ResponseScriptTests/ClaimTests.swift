import Foundation
import TestSupport
import Testing

/// The `check_keys` dialogue of the shipped scripts, with the test in the place of the agent.
@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and namespaces"))
struct `What a script claims` {
    /// Plays the agent: gives an alert, prints the question, answers it, and prints what comes after.
    private static let agent = """
        alert=$1 answer=$2; shift 2
        coproc "$@" 2>&1
        pid=$COPROC_PID out=${COPROC[0]} in=${COPROC[1]}
        exec 5<&$out 6>&$in
        eval "exec $out<&- $in>&-"
        printf '%s\\n' "$alert" >&6
        IFS= read -r question <&5; printf '%s\\n' "$question"
        [ -z "$answer" ] || printf '%s\\n' "$answer" >&6
        exec 6>&-
        cat <&5
        wait $pid
        """
    /// What anybody may have written into a log is behind the answer.
    private static let refused =
        #"{"version":1,"origin":{"name":"m"},"command":"abort","parameters":{"command":"continue"}}"#
    private static let granted =
        #"{"version":1,"origin":{"name":"m"},"command":"continue","parameters":{"command":"abort"}}"#

    private func converse(
        _ script: ResponseScript, _ arguments: [String], answer: String, in host: NetworkNamespace,
        alert: String = #"{"command":"add"}"#, environment: [String: String] = [:]
    ) throws -> CommandResult {
        try host.run(
            "/bin/bash", ["-c", Self.agent, "agent", alert, answer, script.path] + arguments,
            environment: ResponseScript.environment(
                ["EDR_DISPATCH_ID": "0123456789abcdef"].merging(environment) { $1 }))
    }

    private func keys(_ output: String) throws -> [String] {
        let line = try #require(output.split(separator: "\n").first)
        let message = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(message?["command"] as? String == "check_keys")
        #expect(message?["version"] as? Int == 1)
        let parameters = message?["parameters"] as? [String: Any]
        return try #require(parameters?["keys"] as? [String])
    }

    @Test(arguments: [
        ("firewall-drop", "FD00:0::7", [], ["fd00::7"]),
        ("firewall-drop", "-", ["192.0.2.77/24"], ["192.0.2.0/24"]),
        ("firewall-drop", "2001:db8:1:2:3::4", ["ipv6-prefix=64"], ["2001:db8:1:2::/64"]),
        ("nftables-drop", "192.0.2.7", [], ["192.0.2.7"]), ("host-deny", "192.0.2.7", [], ["192.0.2.7"]),
        ("route-null", "192.0.2.7", [], ["192.0.2.7"]),
        ("ip-customblock", "192.0.2.7", ["/tmp/a\"b\\c"], ["192.0.2.7", "/tmp/a\"b\\c"]),
        ("block-url", "-", ["https://Evil.Example/x"], ["evil.example"]),
        ("disable-account", "-", [], ["nobody"]), ("isolate", "-", [], []),
    ])
    func `a script that another response speaks for does nothing`(
        name: String, ip: String, extra: [String], expected: [String]
    ) throws {
        let host = try NetworkNamespace()
        let script = ResponseScript(name: name)
        let before = try host.shell("nft list ruleset; ip route; ip -6 route; cat /etc/hosts /etc/hosts.deny || :")
        let result = try converse(
            script, script.arguments("add", user: name == "disable-account" ? "nobody" : "-", ip: ip, extra: extra),
            answer: Self.refused, in: host, environment: ["EDR_MANAGER_ADDRESSES": "198.51.100.1"])
        #expect(result.status == 0, "\(result)")
        #expect(try keys(result.output) == expected)
        #expect(result.output.contains("nothing to do"), "\(result)")
        #expect(result.output.split(separator: "\n").count == 2)
        #expect(
            try host.shell("nft list ruleset; ip route; ip -6 route; cat /etc/hosts /etc/hosts.deny || :") == before)
    }

    @Test(
        arguments: [granted, ""],
        [
            ("192.0.2.7", "192.0.2.7", "banned4"), ("2001:db8:1::7", "2001:db8:1::/64", "subnets6"),
            ("198.51.100.0/24", "198.51.100.0/24", "networks4"),
        ])
    func `a script that is told to go on, or nothing, acts`(
        answer: String, ban: (ip: String, key: String, map: String)
    ) throws {
        let host = try NetworkNamespace()
        let script = ResponseScript(name: "firewall-drop")
        let alert = "{\"full_log\":\"\(String(repeating: "x", count: 100_000))\"}"
        let result = try converse(
            script, script.arguments("add", ip: ban.ip, extra: ["ipv6-prefix=64"]), answer: answer, in: host,
            alert: alert)
        #expect(result.status == 0 && result.output.contains("(nftables)"), "\(result)")
        #expect(try keys(result.output) == [ban.key])
        let entry = ban.key.replacing("::/64", with: "::")
        #expect(try host.shell("nft list map inet edr \(ban.map)").contains("{ \(entry) :"))
    }

    @Test func `nobody is asked by what is refused, by a deletion, without a message and by hand`() throws {
        let host = try NetworkNamespace()
        let script = ResponseScript(name: "firewall-drop")
        for (arguments, input, id) in [
            (script.arguments("add", ip: "127.0.0.1"), "{}\n", "abc"),
            (script.arguments("delete", ip: "192.0.2.7"), "{}\n", "abc"),
            (script.arguments("add", ip: "192.0.2.7"), "", "abc"),
            (script.arguments("add", ip: "192.0.2.7"), "{}\n", ""),
        ] {
            let result = try host.run(
                script.path, arguments, input: input,
                environment: ResponseScript.environment(["EDR_DISPATCH_ID": id]))
            #expect(!result.output.contains("check_keys"), "\(result)")
        }
    }
}
