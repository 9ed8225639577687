import ActiveResponse
import Foundation
import TestSupport
import Testing

/// The shipped `firewall-drop` as the executor runs it: the claim, the ban, its prolongation and the one undo.
@Suite(
    .enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"), .timeLimit(.minutes(5)))
struct `firewall-drop under the executor` {
    private let machine: TestExecutor
    private let host: NetworkNamespace

    init() throws {
        machine = try TestExecutor()
        host = try NetworkNamespace()
        // Only the firewall is the namespace's; a line for each run tells that it is over.
        try machine.home.addScript(
            "firewall-drop",
            """
            #!/bin/sh
            # edr: restore
            ip netns exec \(host.name) \(Repository.path)/active-response/bin/firewall-drop "$@"
            status=$?
            printf '%s\\n' "$1 ${2-} $status" >>"$EDR_HOME/runs"
            exit $status

            """)
    }

    private func ban(_ number: UInt8, user: String, timeout: Int64) -> Order {
        order(number, executable: "firewall-drop", address: "198.51.100.7", user: user, timeout: timeout)
    }

    private var runs: [String] { FileLines.now(machine.home.path + "/runs") }

    /// The banned addresses, each with the seconds that the kernel was given.
    private func elements() throws -> [String] {
        try host.shell("nft list map inet edr banned4").matches(of: #/([0-9.]+) timeout (\w+)/#).map {
            "\($0.1) \($0.2)"
        }
    }

    @Test func `two alerts about one address and different users are one ban, one prolongation and one undo`()
        async throws
    {
        machine.executor.submit(ban(1, user: "alice", timeout: 60))
        let first = await machine.recorder.end(of: dispatch(1))
        #expect(first.kind == .active && first.exitStatus == 0, "\(first.text)")
        #expect(try elements() == ["198.51.100.7 2m6s"])

        machine.executor.submit(ban(2, user: "bob", timeout: 600))
        let second = await machine.recorder.first(.prolonged, dispatch(2))
        #expect(second.text.contains("nothing to do"), "\(second.text)")
        #expect(second.detail == dispatch(1).description)
        let changed = await machine.recorder.first(.undoDueChanged, dispatch(1))
        #expect((changed.undoDue ?? 0) >= (first.undoDue ?? 0) + 530_000)
        // The kernel would have lifted the ban after two minutes.
        try await FileLines.first(in: machine.home.path + "/runs", containing: "restore  0")
        // Twelve minutes, less what has passed since.
        let renewed = try elements()
        #expect(renewed.count == 1 && renewed[0].wholeMatch(of: #/198.51.100.7 1[12]m\w*/#) != nil, "\(renewed)")

        machine.executor.undo(dispatch(1), by: "a test")
        let undone = await machine.recorder.first(.undone, dispatch(1))
        #expect(undone.exitStatus == 0)
        #expect(try host.shell("nft list ruleset") == "")
        #expect(runs == ["add alice 0", "add bob 0", "restore  0", "delete alice 0"])
        #expect(machine.recorder.kinds(dispatch(1)).filter { $0 == .undone }.count == 1)
        #expect(!machine.recorder.kinds(dispatch(2)).contains(.undone))
    }

    @Test func `what was flushed is in force again, and the drift is reported`() async throws {
        machine.executor.submit(ban(1, user: "alice", timeout: 60))
        #expect(await machine.recorder.end(of: dispatch(1)).kind == .active)
        try host.shell("nft flush ruleset")
        // A start looks after what is in force, as every minute does.
        await machine.executor.stop()
        let next = try TestExecutor(home: machine.home)
        _ = await next.recorder.first(.restored, dispatch(1))
        #expect(try elements().count == 1)
        next.executor.undo(dispatch(1), by: "a test")
        _ = await next.recorder.first(.undone, dispatch(1))
        #expect(try host.shell("nft list ruleset") == "")
        await next.executor.stop()
    }
}
